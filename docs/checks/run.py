"""Recompute published figures from the raw tables and compare. See README.md beside this file.

    python docs/checks/run.py [COMPANY ...] [--warehouse DIR] [--code CODE ...] [--missing]

One line a figure: company, code, published, by hand, difference, ok. Ends with 1 if any differs.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from book import CLOSE, PROJECT, Book, Check, registered  # noqa: E402


@dataclass(frozen=True)
class Line:
    """A figure as published and as computed here. `status` is the indicator's when it was not assessed."""

    company: str
    code: str
    published: float | None
    by_hand: float | None
    status: str
    tolerance: float = CLOSE

    @property
    def difference(self) -> float | None:
        if self.published is None or self.by_hand is None:
            return None
        return self.published - self.by_hand

    @property
    def is_ok(self) -> bool:
        if self.status != "assessed":
            return True
        if self.difference is None:
            return self.published is None and self.by_hand is None
        return abs(self.difference) <= self.tolerance * max(1.0, abs(self.by_hand or 0.0))

    def __str__(self) -> str:
        verdict = {"assessed": "ok" if self.is_ok else "DIFFERS"}.get(self.status, self.status)
        figures = (_shown(self.published), _shown(self.by_hand), _shown(self.difference))
        return "\t".join((self.company, self.code, *figures, verdict))


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.12g}"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _published(book: Book, check: Check) -> dict[str, tuple[float | None, str]]:
    """The published figures a check answers for, by breakdown value, each with its status."""
    if check.published is not None:
        found = book.rows(check.published)
        if check.breakdown:
            return {str(key): (_number(value), "assessed") for key, value in found}
        return {"": (_number(found[0][0]) if found else None, "assessed")}
    rows = book.rows(
        "select breakdown_value, value, status from marts.score.fct_indicators"
        " where indicator_code = ? and breakdown = ?",
        check.code,
        check.breakdown,
    )
    return {key: (_number(value), status) for key, value, status in rows}


def lines_of(book: Book, check: Check) -> Iterator[Line]:
    """A line per figure of a check. A breakdown is compared whole: a value on one side only differs."""
    published = _published(book, check)
    if published and all(status != "assessed" for _, status in published.values()):
        for key, (_, status) in published.items():
            yield Line(book.company, _label(check, key), None, None, status)
        return
    found = check.figure(book)
    by_hand = found if isinstance(found, dict) else {"": found}
    for key in sorted({*published, *by_hand}):
        value, status = published.get(key, (None, "assessed"))
        yield Line(book.company, _label(check, key), value, _number(by_hand.get(key)), status, check.tolerance)


def _label(check: Check, key: str) -> str:
    return f"{check.code}[{check.breakdown}={key}]" if check.breakdown else check.code


def load_checks() -> list[Check]:
    """Every check of every module in this folder."""
    for file in sorted(FOLDER.glob("*.py")):
        if file.stem not in ("run", "book"):
            importlib.import_module(file.stem)
    return registered()


def without_check(book: Book, checks: list[Check]) -> list[str]:
    """Assessed indicators whose total nobody recomputes."""
    checked = {check.code for check in checks if not check.breakdown}
    assessed = book.rows(
        "select indicator_code from marts.score.fct_indicators where breakdown = '' and status = 'assessed'"
    )
    return sorted({code for (code,) in assessed} - checked)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Recompute published figures from the raw tables.")
    parser.add_argument("companies", nargs="*", help="all refreshed companies if none is named")
    parser.add_argument("--warehouse", type=Path, default=PROJECT / "warehouse")
    parser.add_argument("--code", action="append", default=[], help="only this indicator; may be repeated")
    parser.add_argument("--missing", action="store_true", help="also list assessed indicators without a check")
    asked = parser.parse_args(arguments)
    companies = asked.companies or sorted(path.parent.name for path in asked.warehouse.glob("*/work.duckdb"))
    checks = [check for check in load_checks() if not asked.code or check.code in asked.code]
    lines = []
    for company in companies:
        book = Book.open(asked.warehouse, company)
        for check in checks:
            for line in lines_of(book, check):
                lines.append(line)
                print(line)
        if asked.missing:
            for code in without_check(book, checks):
                print("\t".join((company, code, "-", "-", "-", "NO CHECK")))
        book.connection.close()
    differing = [line for line in lines if not line.is_ok]
    print(f"{len(lines)} figures, {len(differing)} differ", file=sys.stderr)
    return 1 if differing or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
