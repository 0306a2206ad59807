"""安澜公共安全设备: equipment, maintenance contracts and tenders for governments, enterprises and institutions."""

from .exports import DAMAGES, EXPORTS, OWN_DAMAGES
from .facts import expected, parameters
from .planted import plan
from .records import clean_records
from .settings import COMPANY

__all__ = ["COMPANY", "DAMAGES", "EXPORTS", "OWN_DAMAGES", "clean_records", "expected", "parameters", "plan"]
