"""Small work files as ingest leaves them: every contract table, and `evidence.inputs` of what was delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.ingest.contract import entities
from tests.quality.quality_helpers import DELIVERED_ON, MakeSuite, MakeWork

Rows = Sequence[Mapping[str, Any]]


@pytest.fixture
def work(tmp_path: Path) -> MakeWork:
    """`work(customers=[{...}], delivered={"orders": [...]})` -> a work file. Columns of the rows count as delivered."""

    def make(delivered: Mapping[str, Sequence[str]] | None = None, **tables: Rows) -> Path:
        path = tmp_path / "work.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            connection.begin()
            connection.execute("create schema raw")
            connection.execute("create schema evidence")
            connection.execute(
                "create table evidence.inputs (entity varchar, column_name varchar, delivered boolean,"
                " row_count bigint, non_null_count bigint)"
            )
            inputs: list[tuple[str, str, bool]] = []
            for entity in entities().values():
                columns = ", ".join(f'"{c.name}" {c.duckdb_type}' for c in entity.columns.values())
                connection.execute(
                    f"create table raw.{entity.name} ({columns}, _delivered_on date, _first_delivered_on date,"
                    " _removed_on date, _file varchar, _line bigint)"
                )
                rows = tables.get(entity.name, ())
                for row in rows:
                    filled = {"_delivered_on": DELIVERED_ON, **row}
                    names = ", ".join(f'"{name}"' for name in filled)
                    marks = ", ".join("?" for _ in filled)
                    connection.execute(f"insert into raw.{entity.name} ({names}) values ({marks})", [*filled.values()])
                came = {name for row in rows for name in row} | set((delivered or {}).get(entity.name, ()))
                inputs += [(entity.name, c, c in came) for c in entity.columns]
            connection.execute(
                "insert into evidence.inputs (entity, column_name, delivered)"
                " select unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::boolean[])",
                [list(values) for values in zip(*inputs, strict=True)],
            )
            connection.commit()
        return path

    return make


@pytest.fixture
def suite(tmp_path: Path) -> MakeSuite:
    """`suite("orders", expectation(...), required=True)` -> the folder of suites it was written to."""
    folder = tmp_path / "expectations"

    def make(
        relation: str,
        *expectations: Mapping[str, Any],
        stage: str = "raw",
        required: bool = True,
        built_from: Sequence[str] = (),
    ) -> Path:
        meta: dict[str, Any] = {"required": required}
        if built_from:
            meta["built_from"] = list(built_from)
        path = folder / stage / f"{relation}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps(
                {
                    "name": f"raw.{relation}" if stage == "raw" else relation,
                    "meta": meta,
                    "expectations": list(expectations),
                }
            ),
            encoding="utf-8",
        )
        return folder

    return make
