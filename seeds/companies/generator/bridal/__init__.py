"""锦瑟婚纱摄影: one big order a couple, then maternity, baby and anniversary sessions."""

from .exports import DAMAGES, EXPORTS, OWN_DAMAGES
from .facts import expected, parameters
from .planted import plan
from .records import clean_records
from .settings import COMPANY

__all__ = ["COMPANY", "DAMAGES", "EXPORTS", "OWN_DAMAGES", "clean_records", "expected", "parameters", "plan"]
