"""What is told of each table a build made: rows, figures worth following, a preview, where its columns come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb

from dagster_project.settings import DBT_PROJECT_DIR, CompanyPaths
from dagster_project.transform.column_lineage import Columns, Lineage, LineageCache

LINEAGE_FILE = DBT_PROJECT_DIR / "target" / "column_lineage.json"
PREVIEWED_ROWS = 12


@dataclass(frozen=True)
class BuiltModel:
    """A model as dbt built it. `relation` is `catalog.schema.table`; `meta` what its YAML says beside it."""

    unique_id: str
    relation: str
    sql: str
    parents: Sequence[str]
    meta: Mapping[str, Any]


@dataclass(frozen=True)
class ModelFacts:
    """`figures` by name, null ones left out; `preview` is a Markdown table, empty where none was asked for."""

    rows: int
    figures: Mapping[str, float] = field(default_factory=dict)
    preview: str = ""
    lineage: Lineage = field(default_factory=dict)


@contextmanager
def reading(paths: CompanyPaths) -> Iterator[duckdb.DuckDBPyConnection]:
    """The company's work file, and its candidate as `marts`: the names that dbt knows its tables by."""
    with closing(duckdb.connect(str(paths.work_db), read_only=True)) as connection:
        if paths.candidate_db.is_file():
            connection.execute(f"attach '{_quoted(paths.candidate_db)}' as marts (read_only)")
        yield connection


def model_facts(paths: CompanyPaths, models: Iterable[BuiltModel]) -> dict[str, ModelFacts]:
    """Facts of every model by unique id, read in one read-only connection after the build.

    A model asks for figures and preview in its YAML: `meta.key_figures` (name -> SQL aggregate) and `meta.preview`
    (columns, of tables of aggregates only: what is previewed lands in Dagster's event log).
    """
    cache = LineageCache(LINEAGE_FILE)
    with reading(paths) as connection:
        columns = _columns(connection)
        facts = {model.unique_id: _facts(connection, model, columns, cache) for model in models}
    cache.save()
    return facts


def _facts(
    connection: duckdb.DuckDBPyConnection, model: BuiltModel, columns: Columns, cache: LineageCache
) -> ModelFacts:
    relation = ".".join(f'"{part}"' for part in model.relation.split("."))
    asked: Mapping[str, str] = model.meta.get("key_figures", {})
    selected = ", ".join(["count(*)", *asked.values()])
    found = connection.execute(f"select {selected} from {relation}").fetchone() or (0,)  # noqa: S608
    figures = {name: float(value) for name, value in zip(asked, found[1:], strict=True) if value is not None}
    lineage = cache.of(model.sql, model.parents, columns) if model.sql else {}
    return ModelFacts(int(found[0]), figures, _preview(connection, relation, model.meta.get("preview", ())), lineage)


def _preview(connection: duckdb.DuckDBPyConnection, relation: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    query = f"select {', '.join(names)} from {relation} order by all limit {PREVIEWED_ROWS}"  # noqa: S608
    rows = connection.execute(query).fetchall()
    lines = [names, ["---"] * len(names), *([_cell(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1000 else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    found: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
    for catalog, schema, table, column, kind in connection.execute(
        "select database_name, schema_name, table_name, column_name, data_type from duckdb_columns() where not internal"
    ).fetchall():
        found.setdefault(catalog, {}).setdefault(schema, {}).setdefault(table, {})[column] = kind
    return found


def _quoted(path: Any) -> str:
    return str(path).replace("'", "''")
