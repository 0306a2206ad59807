"""The SQL that only one engine understands: in one file, listed in docs/decisions, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_ROOT

DIALECT = DBT_PROJECT_DIR / "macros" / "dialect.sql"
DECISION = PROJECT_ROOT / "docs" / "decisions" / "0006-portable-sql.md"
ENGINES = ("default", "spark")
# Forms that DuckDB takes and most others do not.
DUCKDB_ONLY = re.compile(
    r"::|\bfilter\s*\(\s*where\b|\b(?:group|order) by all\b|\basof join\b|\bexclude\s*\(|\b(?:arg_max|arg_min|"
    r"epoch|strftime|list_extract|list_agg\w*|struct_\w+|regexp_\w+|generate_series|unnest|quantile_cont|date_diff|hash)\s*\("
)


def _without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*|\{#.*?#\}", "", text, flags=re.DOTALL)


def _macros(text: str) -> set[str]:
    return set(re.findall(r"\{%-? macro (\w+)\(", text))


def _listed(paragraph: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", paragraph))


def test_the_decision_lists_the_macros_there_are() -> None:
    """A list of macros in the docs that has rotted hides where a second engine has to be taught."""
    macros = _macros(DIALECT.read_text(encoding="utf-8"))
    public = {name for name in macros if "__" not in name}
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)'", DIALECT.read_text(encoding="utf-8")))
    with_dispatch, without = DECISION.read_text(encoding="utf-8").split("\n\n")[:2]
    assert _listed(with_dispatch) == dispatched
    assert _listed(without) == public - dispatched
    assert {name for name in macros if "__" in name} == {f"{e}__{name}" for e in ENGINES for name in dispatched}


def test_models_leave_the_dialect_to_the_macros() -> None:
    """One cast or function of DuckDB's own in a model, and the project runs on no other engine."""
    folders = [DBT_PROJECT_DIR / name for name in ("models", "macros", "tests")]
    files = [file for folder in folders for file in sorted(folder.rglob("*.sql")) if file != DIALECT]
    assert len(files) > 200
    found = {str(file.relative_to(PROJECT_ROOT)): hits for file in files if (hits := _dialect_in(file))}
    assert found == {}


def _dialect_in(file: Path) -> list[str]:
    return DUCKDB_ONLY.findall(_without_comments(file.read_text(encoding="utf-8")))


def test_the_forms_looked_for_are_those_the_macros_hold() -> None:
    """A pattern that matches nothing would let everything pass."""
    assert len(set(DUCKDB_ONLY.findall(DIALECT.read_text(encoding="utf-8")))) >= 5
