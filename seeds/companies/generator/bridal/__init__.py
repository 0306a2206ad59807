"""锦瑟婚纱摄影: one big order a couple, then maternity, baby and anniversary sessions."""

from .exports import DAMAGES, EXPORTS
from .facts import expected, parameters
from .planted import plan
from .records import clean_records
from .settings import COMPANY

__all__ = ["COMPANY", "DAMAGES", "EXPORTS", "clean_records", "expected", "parameters", "plan"]
