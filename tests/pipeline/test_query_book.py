"""The query book of docs/: every query runs on both companies, is listed, and asks in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dagster_project.settings import PROJECT_ROOT
from tests.pipeline.conftest import Published

FOLDER = PROJECT_ROOT / "docs" / "queries"
QUERIES = sorted(FOLDER.glob("*.sql"))
# What a company cannot answer, and why: the trade has none of it, or it was not delivered.
EMPTY: set[tuple[str, str]] = set()


def test_there_is_a_query_a_theme() -> None:
    """A glob that finds nothing makes every other test here pass."""
    assert len(QUERIES) >= 10


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.stem)
def test_a_query_answers_on_both_companies(query: Path, published: Published) -> None:
    """A query that an analyst copies from the book and that fails, or comes back empty, is the last one they copy."""
    rows = published.marts.execute(query.read_text(encoding="utf-8")).fetchall()
    assert bool(rows) is ((published.company, query.stem) not in EMPTY)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.stem)
def test_a_query_asks_in_both_languages(query: Path) -> None:
    """The book is for buyers and sellers of both languages, and its page lists what there is."""
    english, chinese = query.read_text(encoding="utf-8").splitlines()[:2]
    assert english.startswith("-- ")
    assert re.search("[\u4e00-\u9fff]", chinese)
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"| [{query.name}]({query.name}) | {english[3:]} | {chinese[3:]} |" in listed
