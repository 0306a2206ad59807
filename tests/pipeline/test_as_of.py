"""Moving as_of back a year equals building from a delivery that was cut off a year ago."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pytest

from dagster_project.settings import PROJECT_ROOT
from tests.pipeline.canonical import write_company
from tests.pipeline.stages import assess
from tests.pipeline.world import EXAMPLES, World

AS_OF, CUT = date(2025, 6, 30), date(2025, 7, 1)
NEWEST = date(2026, 6, 30)

# Two assessments a company take most of a minute: CI asks the company whose records know more, BOOKWORTH_SLOW=1 both.
COMPANIES = ("anlan_safety", "jinse_bridal") if os.environ.get("BOOKWORTH_SLOW") == "1" else ("anlan_safety",)


@dataclass(frozen=True)
class YearAgo:
    """The marts as of a year ago: from all records (`whole`), and from those of that day (`cut`)."""

    company: str
    whole: duckdb.DuckDBPyConnection
    cut: duckdb.DuckDBPyConnection

    def apart(self, query: str) -> tuple[int, list[tuple[Any, ...]]]:
        """How many rows the query has over all records, and those that are in one of the two answers only."""
        whole, cut = (connection.execute(query).fetchall() for connection in (self.whole, self.cut))
        only_whole, only_cut = Counter(whole) - Counter(cut), Counter(cut) - Counter(whole)
        return len(whole), [("whole", *row) for row in only_whole] + [("cut", *row) for row in only_cut]


def exempt() -> set[str]:
    """The first column of the exempt table of docs/as-of.md: indicator codes, and `schema.table.column` of marts."""
    text = (PROJECT_ROOT / "docs" / "as-of.md").read_text(encoding="utf-8")
    text = text.split("## Exempt", 1)[1].split("\n## ", 1)[0]
    return {
        code for row in re.findall(r"^\| (`.+?`) \|", text, re.MULTILINE) for code in re.findall(r"`([\w.]+)`", row)
    }


def is_exempt(code: str) -> bool:
    return code in exempt() or code.startswith("dq_")


@pytest.fixture(scope="module", params=COMPANIES)
def year_ago(request: pytest.FixtureRequest, refreshed: World, tmp_path_factory: pytest.TempPathFactory) -> YearAgo:
    marts = {}
    for name, delivered_on, cut_on in (("whole", NEWEST, None), ("cut", AS_OF, CUT)):
        # A world each: pseudonyms hang on the company's id, so both have the same.
        world = World.make(tmp_path_factory.mktemp(name))
        settings = EXAMPLES / request.param / "company.yaml"
        write_company(
            refreshed.paths(request.param).work_db, settings, world.companies / "year_ago", delivered_on, cut_on
        )
        marts[name] = assess(world, "year_ago", str(AS_OF))
    return YearAgo(request.param, **marts)


def columns(marts: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, list[str]]]:
    """Every published table but those about the delivery or the assessment itself, with its columns less the exempt."""
    found = marts.execute(
        "select table_schema || '.' || table_name, list(column_name order by ordinal_position)"
        " from information_schema.columns where table_catalog = 'marts' and table_schema not in ('quality', 'score')"
        " group by all order by all"
    ).fetchall()
    spared = exempt()
    for table, names in found:
        yield table, [name for name in names if f"{table}.{name}" not in spared]


def test_indicators_of_a_year_ago_are_those_of_a_delivery_of_a_year_ago(year_ago: YearAgo) -> None:
    """A figure that looks past as_of makes every comparison with last year a comparison with hindsight."""
    assessed, apart = year_ago.apart(
        "select indicator_code, breakdown, breakdown_value, value, numerator, denominator, n, ci_low, ci_high, status"
        " from score.fct_indicators"
    )
    assert assessed > 400
    assert sorted({code for _, code, *_ in apart if not is_exempt(code)}) == []


def test_marts_of_a_year_ago_are_those_of_a_delivery_of_a_year_ago(year_ago: YearAgo) -> None:
    """Events after as_of in a customer's months, stages or cohorts give the year before what the year after brought."""
    differing = {}
    for table, names in columns(year_ago.whole):
        # Lines are published as delivered; those of orders that are not known yet say so.
        known = " where is_counted" if table == "customer.fct_order_lines" else ""
        _, apart = year_ago.apart(f"select {', '.join(names)} from {table}{known}")
        if apart:
            differing[table] = apart[:2]
    assert differing == {}


def test_nothing_is_exempt_without_need(year_ago: YearAgo) -> None:
    """An exemption nobody needs any more hides the next figure that looks ahead."""
    if year_ago.company != COMPANIES[0]:
        pytest.skip("one company that needs it is enough")
    _, apart = year_ago.apart("select indicator_code, value, n, status from score.fct_indicators")
    differing = {code for _, code, *_ in apart}
    for column in (code for code in exempt() if "." in code):
        table, _, name = column.rpartition(".")
        if year_ago.apart(f"select {name} from {table}")[1]:
            differing.add(column)
    assert sorted(exempt() - differing) == []
