"""Suites run on data: what passes, what fails, what cannot be assessed, and that no value gets out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.quality.results import ExpectationResult
from dagster_project.quality.runner import run_suites
from dagster_project.quality.suites import QualityError
from dagster_project.quality.verdicts import judge
from tests.quality.quality_helpers import AS_OF, MakeSuite, MakeWork, expectation

PHONE = "13912345678"
UNIQUE = expectation("unique", "expect_column_values_to_be_unique", {"column": "order_id"}, ["order_id"], "uniqueness")
POSITIVE = expectation(
    "positive", "expect_column_values_to_be_between", {"column": "gross_amount", "min_value": 0}, ["gross_amount"]
)
COSTED = expectation(
    "costed", "expect_column_values_to_not_be_null", {"column": "cost_amount"}, ["cost_amount"], "completeness"
)
COST_RANGE = expectation(
    "cost_range", "expect_column_values_to_be_between", {"column": "cost_amount", "min_value": 0}, ["cost_amount"]
)


def _order(number: int, amount: int = 100, **more: Any) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "ordered_at": datetime.fromisoformat("2024-06-01"),
        "gross_amount": amount,
        **more,
    }


def _by_name(results: list[ExpectationResult]) -> dict[str, ExpectationResult]:
    return {result.name: result for result in results}


def test_pass_and_fail_with_counts(work: MakeWork, suite: MakeSuite) -> None:
    """Counts that are off by the nulls, or a status that ignores the threshold, misstate every dimension."""
    folder = suite("orders", UNIQUE, POSITIVE, expectation(
        "mostly_positive", "expect_column_values_to_be_between",
        {"column": "gross_amount", "min_value": 0, "mostly": 0.5}, ["gross_amount"], severity="warn",
    ))  # fmt: skip
    results = run_suites(work(orders=[_order(1), _order(2), _order(3, -5), _order(4)]), "raw", AS_OF, folder)
    unique, positive, mostly = results
    assert (unique.status, unique.element_count, unique.unexpected_count) == ("passed", 4, 0)
    assert (positive.status, positive.element_count, positive.unexpected_count) == ("failed", 4, 1)
    assert (mostly.status, mostly.unexpected_share, mostly.threshold) == ("passed", 0.25, 0.5)
    assert positive.column_name == "gross_amount"
    assert positive.rows_sql == "from raw.orders where (gross_amount < 0)"


def test_what_was_not_delivered_is_not_assessed(work: MakeWork, suite: MakeSuite) -> None:
    """A column nobody delivered must neither fail a company nor count as checked."""
    folder = suite("orders", UNIQUE, COSTED, COST_RANGE)
    suite("tickets", expectation("t", "expect_column_values_to_be_unique", {"column": "ticket_id"}, ["ticket_id"]))
    results = _by_name(run_suites(work(orders=[_order(1)]), "raw", AS_OF, folder))
    assert results["unique"].status == "passed"
    assert {results[n].status for n in ("costed", "cost_range", "t")} == {"not_assessed"}
    assert results["costed"].reason == "cost_amount was not delivered"
    assert results["t"].reason == "tickets was not delivered"
    assert results["costed"].element_count is None


def test_a_column_without_a_value_does_not_pass(work: MakeWork, suite: MakeSuite) -> None:
    """The library passes any value check on nothing but nulls, and so vouches for values that are not there."""
    folder = suite("orders", UNIQUE, COSTED, COST_RANGE)
    results = _by_name(run_suites(work(orders=[_order(1, cost_amount=None)]), "raw", AS_OF, folder))
    assert results["costed"].status == "failed"
    assert (results["costed"].element_count, results["costed"].unexpected_count) == (1, 1)
    assert (results["cost_range"].status, results["cost_range"].reason) == (
        "not_assessed",
        "no value to judge in cost_amount",
    )


@pytest.mark.parametrize(("required", "status"), [(True, "failed"), (False, "not_assessed")])
def test_an_empty_table(work: MakeWork, suite: MakeSuite, required: bool, status: str) -> None:
    """Every expectation of the library holds on an empty table, so an emptied one would be published."""
    folder = suite("orders", UNIQUE, POSITIVE, required=required)
    results = run_suites(work(delivered={"orders": ["order_id", "gross_amount"]}), "raw", AS_OF, folder)
    assert [r.status for r in results] == [status, status]
    assert all("empty" in (r.reason or "") for r in results)
    assert not judge(results, ["raw"], folder).passed


def test_alternatives_and_other_entities(work: MakeWork, suite: MakeSuite) -> None:
    """A check across entities must not fail a company that delivered only one of them."""
    orphans = expectation(
        "orphans",
        "expect_query_to_flag_few_rows",
        {
            "query": "select b.*, not exists (select 1 from raw.customers as o where o.customer_id = b.customer_id)"
            " as is_unexpected from {batch} as b"
        },
        ["customer_id", "customers.customer_id"],
        "consistency",
    )
    either = expectation(
        "either", "expect_query_to_flag_few_rows",
        {"query": "select b.channel is null as is_unexpected from {batch} as b"}, ["lead_id|channel"],
    )  # fmt: skip
    folder = suite("orders", orphans, either)
    orders = [_order(1, customer_id="c1", channel="web"), _order(2, customer_id="c2", channel="web")]
    alone = _by_name(run_suites(work(orders=orders), "raw", AS_OF, folder))
    assert (alone["orphans"].status, alone["orphans"].reason) == (
        "not_assessed",
        "customers.customer_id was not delivered",
    )
    assert alone["either"].status == "passed"
    database = work(orders=orders, customers=[{"customer_id": "c1"}])
    found = _by_name(run_suites(database, "raw", AS_OF, folder))["orphans"]
    assert (found.status, found.element_count, found.unexpected_count) == ("failed", 2, 1)
    assert found.rows_sql is not None
    with duckdb.connect(str(database), read_only=True) as connection:
        assert [row[0] for row in connection.execute(found.rows_sql).fetchall()] == ["o2"]


def test_an_exception_in_a_metric_is_a_failure(work: MakeWork, suite: MakeSuite) -> None:
    """A check that breaks must hold back what it could not vouch for."""
    broken = expectation(
        "broken", "expect_query_to_flag_few_rows",
        {"query": "select order_id::integer > 1 as is_unexpected from {batch}"}, severity="error",
    )  # fmt: skip
    folder = suite("orders", UNIQUE, broken)
    results = run_suites(work(orders=[_order(1)]), "raw", AS_OF, folder)
    assert [r.status for r in results] == ["passed", "failed"]
    assert results[1].reason == "it could not be evaluated (ConversionException)"
    assert not judge(results, ["raw"], folder).passed


def test_a_dropped_expectation_is_an_error(work: MakeWork, suite: MakeSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library drops what it cannot configure, and the rest passes."""
    from dagster_project.quality.engine import Session

    ask = Session.ask
    monkeypatch.setattr(Session, "ask", lambda self, *args: {k: v for k, v in ask(self, *args).items() if k != 1})
    with pytest.raises(QualityError, match="2 expectations were sent and 1 came back; without an answer: positive"):
        run_suites(work(orders=[_order(1)]), "raw", AS_OF, suite("orders", UNIQUE, POSITIVE))


def test_marts_and_what_they_are_built_from(work: MakeWork, suite: MakeSuite, tmp_path: Path) -> None:
    """A mart that is missing or empty must fail, unless what it is built from was never delivered."""
    unique = expectation("unique", "expect_column_values_to_be_unique", {"column": "customer_id"})
    folder = suite(
        "customer.dim_customers", unique, stage="marts", built_from=["customers.customer_id|orders.customer_id"]
    )
    suite("cohort.fct_gone", unique, stage="marts", built_from=["orders.order_id"])
    suite("cohort.fct_contracts", unique, stage="marts", built_from=["contracts.contract_id"])
    marts = tmp_path / "marts.duckdb"
    with duckdb.connect(str(marts)) as connection:
        connection.execute("create schema customer")
        connection.execute("create table customer.dim_customers as select 'c1' as customer_id")
    database = work(orders=[_order(1, customer_id="c1")])
    results = {r.relation: r for r in run_suites(marts, "marts", AS_OF, folder, inputs_database=database)}
    assert results["customer.dim_customers"].status == "passed"
    assert results["cohort.fct_gone"].status == "failed"
    assert results["cohort.fct_gone"].reason == "the relation cohort.fct_gone does not exist"
    assert results["cohort.fct_contracts"].reason == "contracts.contract_id was not delivered"


def test_without_evidence_nothing_is_judged(work: MakeWork, suite: MakeSuite, tmp_path: Path) -> None:
    """Without the list of what was delivered every check would be "not assessed" and the build would pass."""
    database = work(orders=[_order(1)])
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop table evidence.inputs")
    with pytest.raises(QualityError, match=r"evidence\.inputs"):
        run_suites(database, "raw", AS_OF, suite("orders", UNIQUE))
    with pytest.raises(QualityError, match="no such database"):
        run_suites(tmp_path / "none.duckdb", "raw", AS_OF, suite("orders", UNIQUE))


@pytest.fixture
def everything_logged() -> Iterator[list[str]]:
    """Every log line of every logger, at every level."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keep(level=logging.NOTSET)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


def test_no_value_gets_out(
    work: MakeWork,
    suite: MakeSuite,
    capfd: pytest.CaptureFixture[str],
    everything_logged: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Results, logs and exceptions end up in the event log, which has no login: a phone number must not."""
    phone = {"column": "phone"}
    folder = suite(
        "customers",
        expectation("unique", "expect_column_values_to_be_unique", phone, ["phone"]),
        expectation("set", "expect_column_values_to_be_in_set", {**phone, "value_set": ["x"]}, ["phone"]),
        expectation("regex", "expect_column_values_to_match_regex", {**phone, "regex": "^x$"}, ["phone"]),
        expectation("between", "expect_column_values_to_be_between", {**phone, "min_value": 5}, ["phone"]),
        expectation("max", "expect_column_max_to_be_between", {**phone, "max_value": "0"}, ["phone"]),
        expectation("max_number", "expect_column_max_to_be_between", {**phone, "max_value": 0}, ["phone"]),
        expectation(
            "broken", "expect_query_to_flag_few_rows",
            {"query": "select phone::date > current_date as is_unexpected from {batch}"}, ["phone"],
        ),
        expectation(
            "pair", "expect_column_pair_values_a_to_be_greater_than_b",
            {"column_A": "phone", "column_B": "email", "ignore_row_if": "neither"}, ["phone", "email"],
        ),
    )  # fmt: skip
    rows = [{"customer_id": f"c{i}", "phone": PHONE, "email": "zz"} for i in range(2)]
    database = work(customers=rows)
    results = run_suites(database, "raw", AS_OF, folder)
    assert {r.status for r in results} == {"failed"}
    verdict = judge(results, ["raw"], folder)
    printed = capfd.readouterr()
    for text in (str([asdict(r) for r in results]), str(verdict), printed.out, printed.err, *everything_logged):
        assert PHONE not in text
    # And what is raised when the library itself breaks off.
    from dagster_project.quality import engine

    def explode(*args: object, **kwargs: object) -> None:
        raise ValueError(PHONE)

    monkeypatch.setattr(engine.MetricsCalculator, "compute_metrics", explode)
    broken = run_suites(database, "raw", AS_OF, folder)
    assert {r.reason for r in broken} == {"it could not be evaluated (ValueError)"}


def test_the_same_data_gives_the_same_bytes(work: MakeWork, suite: MakeSuite) -> None:
    """Results are published: they must not differ between two builds of the same deliveries."""
    folder = suite("orders", UNIQUE, POSITIVE, COSTED, COST_RANGE)
    database = work(orders=[_order(i, i - 3, cost_amount=i) for i in range(7)])
    first, second = (repr(run_suites(database, "raw", AS_OF, folder)).encode() for _ in range(2))
    assert first == second
