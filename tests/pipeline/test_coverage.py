"""The two articles on their two companies: forty sections with 176 items, each assessed, or the row says why not."""

from __future__ import annotations

import csv

import pytest

from dagster_project.settings import DBT_PROJECT_DIR
from tests.pipeline.conftest import Published

ARTICLE = {"jinse_bridal": "A", "anlan_safety": "B"}
SECTIONS = 20
ITEMS = {"A": 120, "B": 56}
# Reasons that say that somebody has work left to do, not that the company's data cannot carry the item.
UNFINISHED = ("answers it yet", "is built yet")


def _items_of_the_seed() -> list[dict[str, str]]:
    seed = DBT_PROJECT_DIR.parent / "seeds" / "reference" / "section_items.csv"
    with seed.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_item_of_the_article_is_assessed_on_its_company_or_explains_itself(published: Published) -> None:
    """A section nobody built would be missed by a reader of the report, and by nobody else."""
    article = ARTICLE[published.company]
    rows = published.marts.execute(
        "select item, status, reason, reason_zh from score.fct_item_coverage where starts_with(section, ?)", [article]
    ).fetchall()
    assert len(rows) == ITEMS[article]
    unexplained = {
        item: reason
        for item, status, reason, reason_zh in rows
        if status != "assessed" and (not reason or not reason_zh or any(words in reason for words in UNFINISHED))
    }
    assert unexplained == {}


def test_every_section_of_the_article_is_assessed_on_its_company(published: Published) -> None:
    """Twenty of twenty: a section with an item that the delivered evidence cannot carry is not covered."""
    rows = published.marts.execute(
        "select section, status, reason from score.fct_section_coverage where article = ?", [ARTICLE[published.company]]
    ).fetchall()
    assert len(rows) == SECTIONS
    assert {section: reason for section, status, reason in rows if status != "assessed"} == {}


def test_every_table_an_item_names_is_published(published: Published) -> None:
    """An item that sends the analyst to a table that is not there, or not counted, ends in nothing."""
    named = {table for item in _items_of_the_seed() for table in item["tables"].split()}
    there = {
        f"{schema}.{table}"
        for schema, table in published.marts.execute(
            "select schema_name, table_name from duckdb_tables() where not internal"
        ).fetchall()
    }
    assert named - there == set()
    counted = {name for (name,) in published.work.execute(
        "select table_name from intermediate.int_mart_rows_counted"
    ).fetchall()}  # fmt: skip
    assert named ^ counted == set()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_item_has_a_title_of_its_own_in_its_section(language: str) -> None:
    """Two items with one title in a section cannot be told apart in the report."""
    titles = [(item["section"], item[f"title_{language}"].strip()) for item in _items_of_the_seed()]
    assert all(title for _, title in titles)
    assert len(set(titles)) == len(titles) == sum(ITEMS.values())
