"""What a check found: `ExpectationResult`, the one shape that runner, verdicts and tables share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "failed", "not_assessed"]


@dataclass(frozen=True)
class ExpectationResult:
    """One expectation on one relation. Holds counts and words, never a value that was delivered.

    `element_count` counts the rows that could be judged (values that are present; 1 for an aggregate),
    `unexpected_count` those that break the expectation, `unexpected_share` their ratio, `threshold` the share that
    must hold. The counts are null where nothing was judged. `rows_sql` shows the rows, in the file that was checked.
    """

    stage: str
    relation: str
    name: str
    expectation: str
    column_name: str | None
    dimension: str
    severity: str
    status: Status
    element_count: int | None
    unexpected_count: int | None
    unexpected_share: float | None
    threshold: float
    description_en: str
    description_zh: str
    reason: str | None
    rows_sql: str | None
