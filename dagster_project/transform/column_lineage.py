"""Which columns of which tables each column of a model is made from, read off its SQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

# Output column -> the (`schema.table`, column) pairs it is made from, in order.
Lineage = dict[str, list[tuple[str, str]]]
# catalog -> schema -> table -> column -> type
Columns = Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]


def column_lineage(sql: str, columns: Columns, dialect: str = "duckdb") -> Lineage:
    """The lineage of every column that the query `sql` selects; a column made of constants alone has no source.

    `columns` are those of the tables it reads. A query that cannot be traced has an empty lineage: it is a help to
    readers, and no reason to fail a run.
    """
    # Half a second that a run whose lineages are all known does not pay.
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    try:
        query = qualify(parse_one(sql, dialect=dialect), schema=dict(columns), dialect=dialect)
        traced = lineage(None, query, {}, dialect=dialect, scope=build_scope(query), trim_selects=False)
    except SqlglotError:
        return {}
    return {
        name: sorted(
            {
                (f"{source.expression.db}.{source.expression.name}", source.name.rsplit(".", 1)[-1].strip('"'))
                for source in root.walk()
                if isinstance(source.expression, exp.Table)
            }
        )
        for name, root in traced.items()
    }


class LineageCache:
    """Lineages by the text they were read off, kept in a JSON file: companies share their models, and runs too."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, Lineage] = {}
        self._is_changed = False
        if file.is_file():
            try:
                read = json.loads(file.read_text(encoding="utf-8"))
                self._known = {key: {c: [tuple(s) for s in ss] for c, ss in v.items()} for key, v in read.items()}
            except (ValueError, AttributeError, TypeError):
                self._known = {}

    def of(self, sql: str, parents: Iterable[str], columns: Columns) -> Lineage:
        """The lineage of `sql`; `parents` are the `catalog.schema.table` names it reads."""
        read: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
        for parent in sorted(parents):
            catalog, schema, table = parent.split(".")
            found = columns.get(catalog, {}).get(schema, {}).get(table, {})
            read.setdefault(catalog, {}).setdefault(schema, {})[table] = dict(found)
        key = hashlib.sha256(json.dumps([sql, read], sort_keys=True).encode()).hexdigest()[:24]
        if key not in self._known:
            self._known[key] = column_lineage(sql, read)
            self._is_changed = True
        return self._known[key]

    def save(self) -> None:
        """Write what is new; a folder that cannot be written to costs only time at the next run."""
        if self._is_changed:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            aside = self._file.with_suffix(".new")
            aside.write_text(json.dumps(self._known), encoding="utf-8")
            aside.replace(self._file)
            self._is_changed = False
