"""What can go wrong with a delivery.

`BookworthError` > `IngestError` (the delivery cannot be taken in) > `DeliveryRejected` (files were refused).
Messages name file, line and column, never a cell's content: they end in logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dagster_project.companies import BookworthError


class IngestError(BookworthError):
    """A delivery cannot be taken in; nothing was published."""


@dataclass(frozen=True)
class Rejection:
    delivery: date
    file: str
    reason: str
    fix: str


class DeliveryRejected(IngestError):
    """Every refused file with its reason and what to do about it."""

    def __init__(self, rejections: Sequence[Rejection]) -> None:
        self.rejections = tuple(rejections)
        lines = [f"  {r.delivery} {r.file}: {r.reason}. Fix: {r.fix}" for r in self.rejections]
        count = len(self.rejections)
        super().__init__(
            "\n".join([f"{count} file{'s' if count > 1 else ''} rejected, nothing was published:", *lines])
        )


class FileProblem(Exception):
    """One file is refused; the caller knows which and turns it into a `Rejection`."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix
