"""Results -> a verdict: what passed, what fell short in words, and how to see the rows.

Nothing here imports Great Expectations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dagster_project.quality.results import ExpectationResult
from dagster_project.quality.suites import DIMENSIONS, STAGES, load_suites
from dagster_project.settings import EXPECTATIONS_DIR

PlannedCheck = tuple[str, str, str, bool]
CheckStatus = Literal["passed", "warned", "failed", "not_assessed"]

_FILES = {"raw": "work.duckdb", "marts": "marts.duckdb"}


@dataclass(frozen=True)
class CheckVerdict:
    """One relation and dimension. `blocking`: one of its expectations has severity error.

    `status`: failed (an error expectation failed), warned (only warnings did), not_assessed (none could be judged),
    passed. `failures` and `warnings` are sentences; counts are of expectations.
    """

    stage: str
    relation: str
    dimension: str
    blocking: bool
    status: CheckStatus
    expectations: int
    assessed: int
    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    not_assessed: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Nothing here holds the build back."""
        return self.status != "failed"

    @property
    def summary(self) -> str:
        """One line for a list of checks."""
        words = {
            "passed": "passed",
            "warned": "passed with warnings",
            "failed": "failed",
            "not_assessed": "not assessed",
        }
        return f"{words[self.status]}: {self.assessed} of {self.expectations} expectations assessed"


@dataclass(frozen=True)
class Verdict:
    """The whole. `passed` only if every planned expectation has a result and no error expectation failed."""

    passed: bool
    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    checks: tuple[CheckVerdict, ...]


def planned_checks(expectations_dir: Path = EXPECTATIONS_DIR) -> list[PlannedCheck]:
    """(stage, relation, dimension, blocking) of every check the suites call for; reads the JSON files only."""
    return [
        (stage, relation, dimension, blocking)
        for stage in STAGES
        for (relation, dimension), (_, blocking) in _planned(stage, expectations_dir).items()
    ]


def judge(
    results: Iterable[ExpectationResult],
    stages: Sequence[str] = STAGES,
    expectations_dir: Path = EXPECTATIONS_DIR,
) -> Verdict:
    """The verdict on `stages`, one check per relation and dimension. Fails closed.

    It falls short if an error expectation failed, a planned expectation has no result, or nothing of a stage could
    be assessed.
    """
    by_check: dict[tuple[str, str, str], list[ExpectationResult]] = {}
    for result in results:
        by_check.setdefault((result.stage, result.relation, result.dimension), []).append(result)
    checks: list[CheckVerdict] = []
    unassessed: list[str] = []
    for stage in stages:
        of_stage = [
            _check(stage, relation, dimension, names, blocking, by_check.get((stage, relation, dimension), []))
            for (relation, dimension), (names, blocking) in _planned(stage, expectations_dir).items()
        ]
        if not any(check.assessed for check in of_stage):
            unassessed.append(f"{stage}: not one expectation could be assessed, so nothing vouches for this build")
        checks.extend(of_stage)
    failures = (*unassessed, *(failure for check in checks for failure in check.failures))
    warnings = tuple(warning for check in checks for warning in check.warnings)
    return Verdict(passed=not failures, failures=failures, warnings=warnings, checks=tuple(checks))


def _planned(stage: str, expectations_dir: Path) -> Mapping[tuple[str, str], tuple[frozenset[str], bool]]:
    """(relation, dimension) -> names of its expectations, and whether one of them is an error."""
    planned: dict[tuple[str, str], tuple[frozenset[str], bool]] = {}
    for suite in load_suites(expectations_dir, stage):
        for dimension in DIMENSIONS:
            of_dimension = [e for e in suite.expectations if e.dimension == dimension]
            if of_dimension:
                blocking = any(e.severity == "error" for e in of_dimension)
                planned[suite.relation, dimension] = (frozenset(e.name for e in of_dimension), blocking)
    return planned


def _check(
    stage: str,
    relation: str,
    dimension: str,
    names: frozenset[str],
    blocking: bool,
    results: Sequence[ExpectationResult],
) -> CheckVerdict:
    failed = [r for r in results if r.status == "failed"]
    lost = sorted(names - {r.name for r in results})
    failures = (
        *(f"{relation}: expectation {name} has no result" for name in lost),
        *(_in_words(r) for r in failed if r.severity == "error"),
    )
    warnings = tuple(_in_words(r) for r in failed if r.severity != "error")
    assessed = sum(r.status != "not_assessed" for r in results)
    status: CheckStatus = "passed"
    if failures:
        status = "failed"
    elif warnings:
        status = "warned"
    elif not assessed:
        status = "not_assessed"
    return CheckVerdict(
        stage=stage,
        relation=relation,
        dimension=dimension,
        blocking=blocking,
        status=status,
        expectations=len(names),
        assessed=assessed,
        failures=failures,
        warnings=warnings,
        not_assessed=tuple(f"{r.description_en}: {r.reason}" for r in results if r.status == "not_assessed"),
    )


def _in_words(result: ExpectationResult) -> str:
    sentence = f"{result.relation}: {result.description_en}"
    if result.reason is not None:
        return f"{sentence} - {result.reason}"
    allowed = f", allowed {1 - result.threshold:.2%}" if result.threshold < 1 else ""
    if result.element_count != 1 and result.unexpected_share is not None:
        sentence += (
            f" - not so in {result.unexpected_count:,} of {result.element_count:,} rows"
            f" ({result.unexpected_share:.2%}{allowed})"
        )
    else:
        sentence += " - it is not so"
    return f"{sentence}. To see them, in {_FILES[result.stage]}: {result.rows_sql}" if result.rows_sql else sentence
