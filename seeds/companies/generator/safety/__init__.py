"""安澜公共安全设备: equipment, maintenance contracts and tenders for governments, enterprises and institutions."""

from .exports import DAMAGES, EXPORTS
from .facts import expected, parameters
from .records import COMPANY, clean_records, plan

__all__ = ["COMPANY", "DAMAGES", "EXPORTS", "clean_records", "expected", "parameters", "plan"]
