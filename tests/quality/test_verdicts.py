"""Results -> verdict, and results -> table."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import duckdb

from dagster_project.quality.results import ExpectationResult
from dagster_project.quality.tables import COLUMNS, write_results
from dagster_project.quality.verdicts import judge, planned_checks
from dagster_project.settings import EXPECTATIONS_DIR
from tests.quality.quality_helpers import MakeSuite, expectation

ORDER_ID = {"column": "order_id"}
GOOD = ExpectationResult(
    stage="raw",
    relation="raw.orders",
    name="unique",
    expectation="expect_column_values_to_be_unique",
    column_name="order_id",
    dimension="uniqueness",
    severity="error",
    status="passed",
    element_count=5000,
    unexpected_count=0,
    unexpected_share=0.0,
    threshold=1.0,
    description_en="No two orders share one id",
    description_zh="订单编号不重复",
    reason=None,
    rows_sql=None,
)
BAD = replace(
    GOOD, status="failed", unexpected_count=1204, unexpected_share=0.2408, rows_sql="from raw.orders where order_id = 1"
)
WARNED = replace(
    BAD, name="present", dimension="completeness", severity="warn", threshold=0.99, description_en="Present"
)


def _folder(suite: MakeSuite) -> Path:
    return suite(
        "orders",
        expectation("unique", "expect_column_values_to_be_unique", ORDER_ID, ["order_id"], "uniqueness"),
        expectation(
            "present", "expect_column_values_to_not_be_null", ORDER_ID, ["order_id"], "completeness", severity="warn"
        ),
    )


def test_words_say_what_and_where(suite: MakeSuite) -> None:
    """ "A check failed" sends the user hunting through thirty relations."""
    verdict = judge([BAD, WARNED], ["raw"], _folder(suite))
    assert not verdict.passed
    assert verdict.failures == (
        "raw.orders: No two orders share one id - not so in 1,204 of 5,000 rows (24.08%)."
        " To see them, in work.duckdb: from raw.orders where order_id = 1",
    )
    assert "allowed 1.00%" in verdict.warnings[0]
    assert [(c.dimension, c.blocking, c.status) for c in verdict.checks] == [
        ("completeness", False, "warned"),
        ("uniqueness", True, "failed"),
    ]


def test_warnings_do_not_block(suite: MakeSuite) -> None:
    """A severity that is not honoured either stops every real company or none."""
    assert judge([GOOD, WARNED], ["raw"], _folder(suite)).passed


def test_a_missing_result_is_a_failure(suite: MakeSuite) -> None:
    """A check that never ran must not look like one that passed."""
    verdict = judge([GOOD], ["raw"], _folder(suite))
    assert verdict.failures == ("raw.orders: expectation present has no result",)


def test_nothing_assessed_is_a_failure(suite: MakeSuite) -> None:
    """A company of which nothing could be judged would be published with a clean verdict."""
    results = [replace(r, status="not_assessed", reason="orders was not delivered") for r in (GOOD, WARNED)]
    verdict = judge(results, ["raw"], _folder(suite))
    assert not verdict.passed
    assert "nothing vouches" in verdict.failures[0]
    assert verdict.checks[0].status == "not_assessed"


def test_planned_checks_are_the_shipped_ones() -> None:
    """The asset checks are declared from this list: a relation left out is never reported."""
    planned = planned_checks()
    assert ("raw", "raw.orders", "uniqueness", True) in planned
    assert ("raw", "raw.orders", "freshness", False) in planned
    assert len(planned) == len(set(planned))
    shipped = {path.name.removesuffix(".json") for path in EXPECTATIONS_DIR.glob("*/*.json")}
    assert {relation.removeprefix("raw.") for _, relation, _, _ in planned} == shipped


def test_the_table_is_the_dataclass() -> None:
    """A field without a column is lost on its way to the marts."""
    assert tuple(COLUMNS) == tuple(field.name for field in fields(ExpectationResult))


def test_a_stage_is_replaced_and_the_other_kept(tmp_path: Path) -> None:
    """The raw results of a build must survive the writing of its marts results, and not pile up over runs."""
    database = tmp_path / "work.duckdb"
    marts = replace(GOOD, stage="marts", relation="customer.fct_orders")
    write_results(database, [])
    write_results(database, [GOOD, WARNED])
    write_results(database, [marts])
    write_results(database, [BAD])
    with duckdb.connect(str(database)) as connection:
        rows = connection.execute("select * from evidence.expectation_results order by stage").fetchall()
    assert rows == [tuple(getattr(r, name) for name in COLUMNS) for r in (marts, BAD)]
