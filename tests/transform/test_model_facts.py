"""Column lineage and what is told of each built table."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import CompanyPaths
from dagster_project.transform import column_lineage as module
from dagster_project.transform.column_lineage import LineageCache, column_lineage
from dagster_project.transform.model_facts import BuiltModel, model_facts

COLUMNS = {"work": {"raw": {"orders": {"order_id": "VARCHAR", "amount": "DECIMAL", "cost": "DECIMAL"}}}}
QUERY = """
with orders as (select * from work.raw.orders),
sums as (select order_id, sum(amount - cost) as margin, 1 as constant from orders group by order_id)
select sums.order_id, sums.margin, sums.constant from sums
"""


def test_a_column_leads_back_through_every_step() -> None:
    """A lineage that stops at the last CTE, or misses one side of a difference, sends people to the wrong column."""
    assert column_lineage(QUERY, COLUMNS) == {
        "order_id": [("raw.orders", "order_id")],
        "margin": [("raw.orders", "amount"), ("raw.orders", "cost")],
        "constant": [],
    }


def test_a_query_that_cannot_be_read_has_no_lineage() -> None:
    """A help to readers must not fail a run."""
    assert column_lineage("select from where (", COLUMNS) == {}


def test_a_lineage_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracing two hundred models costs seconds, and every company has the same; a changed parent is traced anew."""
    parents = ["work.raw.orders"]
    cache = LineageCache(tmp_path / "lineage.json")
    first = cache.of(QUERY, parents, COLUMNS)
    cache.save()
    traced: list[str] = []
    monkeypatch.setattr(module, "column_lineage", lambda sql, columns: traced.append(sql) or {})
    again = LineageCache(tmp_path / "lineage.json")
    assert again.of(QUERY, parents, COLUMNS) == first
    assert traced == []
    again.of(QUERY, parents, {"work": {"raw": {"orders": {"order_id": "VARCHAR"}}}})
    assert traced == [QUERY]


def test_a_damaged_cache_is_made_again(tmp_path: Path) -> None:
    """A file cut off by a full disk must not end every later run."""
    (tmp_path / "lineage.json").write_text('{"a": [', encoding="utf-8")
    assert LineageCache(tmp_path / "lineage.json").of(QUERY, ["work.raw.orders"], COLUMNS)["order_id"]


def test_facts_of_a_table_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures in the wrong order, a null shown as zero, or a cell that breaks the preview's table."""
    monkeypatch.setattr("dagster_project.transform.model_facts.LINEAGE_FILE", tmp_path / "lineage.json")
    paths = CompanyPaths(deliveries=tmp_path, config_file=tmp_path / "company.yaml", root=tmp_path)
    with duckdb.connect(str(paths.work_db)) as connection:
        connection.execute("create schema score; create table score.t (name varchar, x double, nothing double)")
        connection.execute("insert into score.t values ('b|c', 2, null), ('a', 0.5, null)")
    meta = {"key_figures": {"total": "sum(x)", "none": "max(nothing)"}, "preview": ["name", "x", "nothing"]}
    (facts,) = model_facts(paths, [BuiltModel("model.t", "work.score.t", "", [], meta)]).values()
    assert facts.rows == 2
    assert facts.figures == {"total": 2.5}
    assert facts.preview.splitlines() == [
        "| name | x | nothing |",
        "| --- | --- | --- |",
        "| a | 0.5 |  |",
        "| b\\|c | 2 |  |",
    ]
