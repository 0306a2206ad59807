"""Suites as files: what is wrong in one is said, and nothing wrong is run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dagster_project.ingest.contract import entities
from dagster_project.quality.suites import DIMENSIONS, KINDS, STAGES, SuiteError, load_suite, load_suites
from dagster_project.settings import EXPECTATIONS_DIR
from tests.quality.quality_helpers import MakeSuite, expectation

UNIQUE = expectation("unique", "expect_column_values_to_be_unique", {"column": "order_id"}, ["order_id"])


def _with(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(json.dumps(UNIQUE))
    for key, value in changes.items():
        (body["meta"] if key in body["meta"] else body)[key] = value
    return body


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (_with(type="expect_column_values_to_be_uniqe"), "did you mean expect_column_values_to_be_unique"),
        (_with(dimension="complete"), "meta.dimension 'complete' is unknown; did you mean completeness"),
        (_with(severity="fatal"), "meta.severity 'fatal' is unknown; known: error, warn"),
        (_with(needs=["order_idd"]), "column of orders 'order_idd' is unknown; did you mean order_id"),
        (_with(needs=["customer.customer_id"]), "entity 'customer' is unknown; did you mean customers"),
        (_with(needs=[]), "judges column order_id, so meta.needs must name it"),
        (_with(description={"en": "x"}), "one in zh"),
        (_with(kwargs={"column": "order_id", "mostly": 0}), "mostly must be a share"),
        (_with(kwargs={"column": "order_id", "mosty": 0.5}), "did you mean mostly"),
        (_with(kwargs={}), "kwargs lack column"),
        (_with(kwargs={"column": "order_id", "mostly": {"$PARAMETER": "now"}}), "mostly must be a share"),
        (_with(name="Not a word"), "meta.name must be a word"),
        (
            _with(type="expect_column_values_to_be_between", kwargs={"column": "order_id"}),
            "kwargs need one of max_value, min_value",
        ),
        (
            _with(
                type="expect_column_values_to_be_between",
                kwargs={"column": "order_id", "min_value": {"$PARAMETER": "yesterday"}},
            ),
            "unknown parameter; use as_of",
        ),
        (
            _with(type="expect_column_values_to_match_regex", kwargs={"column": "order_id", "regex": "a"}),
            "anchor the regular expression",
        ),
        (
            _with(type="expect_query_to_flag_few_rows", kwargs={"query": "select 1 as is_unexpected"}),
            "the query must read {batch}",
        ),
    ],
)
def test_a_mistake_is_named(suite: MakeSuite, broken: dict[str, Any], words: str) -> None:
    """The library drops what it does not know without a word, and the suite then passes."""
    with pytest.raises(SuiteError) as error:
        load_suites(suite("orders", broken), "raw")
    assert words in str(error.value)
    assert "orders.json" in str(error.value)


def test_an_empty_suite_is_refused(suite: MakeSuite) -> None:
    """An empty suite succeeds on anything."""
    with pytest.raises(SuiteError, match="the suite is empty"):
        load_suites(suite("orders"), "raw")


def test_no_suites_are_refused(tmp_path: Path) -> None:
    """A wrong folder would otherwise judge nothing and pass."""
    with pytest.raises(SuiteError, match="nothing would be checked"):
        load_suites(tmp_path, "raw")


def test_a_suite_of_warnings_is_refused(suite: MakeSuite) -> None:
    """With warnings alone an empty required table would be reported and published."""
    with pytest.raises(SuiteError, match="severity error"):
        load_suites(suite("orders", _with(severity="warn")), "raw")


def test_names_are_unique(suite: MakeSuite) -> None:
    """Two expectations of one name would share one row in the results."""
    with pytest.raises(SuiteError, match="names used twice: unique"):
        load_suites(suite("orders", UNIQUE, UNIQUE), "raw")


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "raw.order", "expectations": []}'])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    """A traceback from the JSON parser does not say which of thirty files it was."""
    path = tmp_path / "orders.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError, match=r"orders\.json"):
        load_suite(path, "raw")


def test_dates_are_relative_to_as_of(suite: MakeSuite) -> None:
    """A check against the clock would judge last year's assessment differently today."""
    kwargs = {
        "column": "ordered_at",
        "min_value": {"$PARAMETER": "as_of_minus_30_days"},
        "max_value": {"$PARAMETER": "as_of"},
        "row_condition": {"parameter": {"$PARAMETER": "as_of_plus_1_days"}},
    }
    folder = suite("orders", expectation("x", "expect_column_values_to_be_between", kwargs, ["ordered_at"]))
    filled = load_suites(folder, "raw")[0].expectations[0].kwargs_at(date(2024, 3, 1))
    assert filled["min_value"] == date(2024, 1, 31)
    assert filled["max_value"] == date(2024, 3, 1)
    assert filled["row_condition"] == {"parameter": date(2024, 3, 2)}


def test_loading_does_not_import_the_library() -> None:
    """Four seconds at every import of the code location, for declarations that only need names."""
    code = (
        "import sys\nfrom dagster_project.quality import runner, tables, verdicts\nverdicts.planned_checks()\n"
        "sys.exit('great_expectations' in sys.modules or 'sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _shipped(pick: Callable[[Any], Any]) -> list[Any]:
    return [pick(suite) for stage in STAGES for suite in load_suites(EXPECTATIONS_DIR, stage)]


def test_shipped_raw_suites_look_at_every_dimension() -> None:
    """A relation without, say, a freshness check would show a clean bill it never earned."""
    for suite in load_suites(EXPECTATIONS_DIR, "raw"):
        assert {e.dimension for e in suite.expectations} == set(DIMENSIONS), suite.relation


def test_shipped_value_sets_are_the_contract() -> None:
    """A word added to the contract must not be reported as unknown by a suite that was forgotten."""
    for suite in load_suites(EXPECTATIONS_DIR, "raw"):
        for e in suite.expectations:
            if e.type == "expect_column_values_to_be_in_set":
                assert tuple(e.kwargs["value_set"]) == entities()[suite.table].columns[e.columns[0]].values


def test_shipped_columns_exist() -> None:
    """A misspelt column would fail every company at the first run."""
    for suite in load_suites(EXPECTATIONS_DIR, "raw"):
        known = {*entities()[suite.table].columns, "_delivered_on"}
        assert {c for e in suite.expectations for c in e.columns} <= known, suite.relation


def test_every_kind_of_expectation_is_known_to_the_library() -> None:
    """A type the library renamed would be dropped without a word."""
    # The engine first: it imports the library with the library's own warnings off.
    from dagster_project.quality import engine  # isort: skip
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    assert engine.ExpectQueryToFlagFewRows
    assert set(KINDS) <= set(list_registered_expectation_implementations())
