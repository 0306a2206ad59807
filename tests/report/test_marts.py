"""That the tables the report declares exist as declared, and that their small cells are hidden by the declaration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.report.content import HIDDEN
from dagster_project.report.disclosure import hide_small
from dagster_project.report.labels import load_labels
from dagster_project.report.marts import MARTS, SELLER, Mart
from dagster_project.report.queries import open_marts
from tests.report.marts_file import declared_tables, write_marts

LEAST = 5
PROBE = Mart(
    "risk.fct_probe",
    "risk",
    "bucket",
    "bucket:text customers:people active:people gone:people money:money<active share:share!",
    within="book",
    ties=("customers active gone",),
)


def _rows(counts: list[tuple[int, int]], book: str = "a") -> list[dict[str, Any]]:
    return [
        {"book": book, "bucket": f"b{at}", "customers": active + gone, "active": active, "gone": gone,
         "money": 1000 * active, "share": 0.5}
        for at, (active, gone) in enumerate(counts)
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=6))
@settings(max_examples=60, deadline=None)
def test_no_small_count_is_left_or_follows(counts: list[tuple[int, int]]) -> None:
    """A table added by its declaration alone must be as safe as one that was thought through."""
    rows, before = _rows(counts), _rows(counts)
    hide_small(PROBE, rows, [], LEAST)
    unknown = [(at, c) for at, row in enumerate(rows) for c in PROBE.people if row[c] is HIDDEN]
    sums = [{(at, "customers"): 1, (at, "active"): -1, (at, "gone"): -1} for at in range(len(rows))]
    sums += [{(at, c): 1 for at in range(len(rows))} for c in PROBE.people if sum(was[c] for was in before) >= LEAST]
    system = np.array([[each.get(key, 0) for key in unknown] for each in sums]).reshape(len(sums), len(unknown))
    for at, (row, was) in enumerate(zip(rows, before, strict=True)):
        for column in PROBE.people:
            if 0 < was[column] < LEAST:
                assert row[column] is HIDDEN
                alone = np.array([float(key == (at, column)) for key in unknown])
                assert np.linalg.matrix_rank(np.vstack([system, alone])) > np.linalg.matrix_rank(system), "it follows"
        assert (row["money"] is HIDDEN) == (row["active"] is HIDDEN)
        assert row["share"] == was["share"]


def test_what_the_mix_hides_is_hidden_here() -> None:
    """The same bucket shown in a second table gives the first away."""
    mart = Mart("x.y", None, "channel", "channel:text customers:people",
                like_mix="acquisition_channel channel customers=customers")  # fmt: skip
    rows: list[dict[str, Any]] = [{"channel": name, "customers": n} for name, n in (("a", 3), ("b", 40), ("c", 50))]
    mix: list[dict[str, Any]] = [
        {"breakdown": "acquisition_channel", "breakdown_value": name, "customers": value}
        for name, value in (("a", HIDDEN), ("b", 40), ("c", HIDDEN))
    ]
    hide_small(mart, rows, mix, LEAST)
    assert [row["customers"] for row in rows] == [HIDDEN, 40, HIDDEN]


def test_groups_are_protected_apart() -> None:
    """A reader who knows the total of one book learns nothing from the complement hidden in another."""
    rows = [*_rows([(3, 0), (40, 0), (50, 0)], "a"), *_rows([(60, 0), (70, 0)], "b")]
    hide_small(PROBE, rows, [], LEAST)
    assert [row["active"] is HIDDEN for row in rows] == [True, True, False, False, False]


@pytest.mark.parametrize("mart", MARTS, ids=lambda mart: mart.table)
def test_every_figure_says_whom_it_speaks_of(mart: Mart) -> None:
    """A column added without a thought for small cells shows what one customer did."""
    assert mart.undeclared == (), f"write {mart.undeclared[0]}:kind<people, or :kind! if it says nothing of a person"
    assert set(mart.behind.values()) <= set(mart.people)


@pytest.mark.parametrize("mart", [*MARTS, *SELLER], ids=lambda mart: mart.table)
def test_declared_columns_are_in_the_contract(mart: Mart, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A renamed column would make the report say that the table was never built."""
    assert mart.table in declared_tables(), f"{mart.table}: no such mart"
    marts = tmp_path_factory.getbasetemp() / "contract.duckdb"
    if not marts.exists():
        write_marts(marts, {})
    with open_marts(marts) as connection:
        connection.execute(mart.sql)
    for column in mart.columns:
        assert load_labels()("column", column.name)


def test_a_column_that_cannot_be_read_is_refused() -> None:
    """A slip in a declaration must not drop a column in silence."""
    with pytest.raises(ValueError, match="is no column"):
        Mart("x.y", None, "a", "a:text b=money")


def test_rows_of_customers_are_for_the_seller_alone() -> None:
    """A table with a row per customer in both lists would go to the buyer."""
    assert not {mart.table for mart in MARTS if not mart.select} & {mart.table for mart in SELLER}
    for mart in MARTS:
        shown = [key for column in mart.columns for key in column.parts or (column.name,)]
        assert not [key for key in shown if key in ("customer_id", "holder_id", "staff_id", "referrer_customer_id")]


def test_a_field_of_a_grid_does_not_follow_from_its_margins() -> None:
    """Fifths of the book and numbers of orders are known from elsewhere: a field hidden in its row alone is not."""
    grid = Mart("x.y", None, "up", "up:count! across:count! customers:people", within="up; across")
    counts = [[2, 30, 40], [30, 40, 50], [60, 70, 80]]
    rows: list[dict[str, Any]] = [
        {"up": up, "across": across, "customers": n} for up, line in enumerate(counts) for across, n in enumerate(line)
    ]
    hide_small(grid, rows, [], LEAST)
    unknown = [row for row in rows if row["customers"] is HIDDEN]
    assert rows[0] in unknown
    assert len(unknown) < len(rows)
    margins = np.array([[float(row[way] == at) for row in unknown] for way in ("up", "across") for at in range(3)])
    alone = np.array([float(row is rows[0]) for row in unknown])
    assert np.linalg.matrix_rank(np.vstack([margins, alone])) > np.linalg.matrix_rank(margins), "it follows"


def test_money_the_mix_hides_is_hidden_here() -> None:
    """Revenue of a bucket on few buyers was hidden in the mix and stood in the table of segments."""
    mart = Mart("x.y", None, "segment", "segment:text customers:people revenue:money<customers",
                like_mix="rfm_segment segment customers=customers revenue=revenue_net_12m")  # fmt: skip
    rows: list[dict[str, Any]] = [{"segment": name, "customers": 40, "revenue": 9} for name in ("a", "b", "none")]
    mix: list[dict[str, Any]] = [
        {"breakdown": "rfm_segment", "breakdown_value": name, "customers": 40, "revenue_net_12m": value}
        for name, value in (("a", HIDDEN), ("b", 9), ("unknown", HIDDEN))
    ]
    hide_small(mart, rows, mix, LEAST)
    assert [row["revenue"] for row in rows] == [HIDDEN, 9, HIDDEN]
    assert [row["customers"] for row in rows] == [40, 40, 40]
