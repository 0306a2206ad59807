"""The JSON Schema of company.yaml, so that editors complete it; made from the contract and from what the reader knows.

`python -m dagster_project.ingest.schema` writes `docs/company.schema.json`.
"""

from __future__ import annotations

import json
from typing import Any

from dagster_project.companies import COLUMN_KEYS, COMPANY_KEYS, DELIMITERS, ENCODINGS, FORMATS, PROFILES, SOURCE_KEYS
from dagster_project.ingest.contract import Column, Entity, entities
from dagster_project.settings import PROJECT_ROOT

SCHEMA_FILE = PROJECT_ROOT / "docs" / "company.schema.json"

Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}  # YAML reads 007 or nan as it likes; we read text
_NAME: Schema = {"type": "string", "minLength": 1}
_DAY: Schema = {"type": "string", "format": "date"}
_CURRENCY: Schema = {"type": "string", "pattern": "^[A-Z]{3}$"}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}


def company_schema() -> Schema:
    """JSON Schema, draft 2020-12. Stricter than YAML (unknown keys are errors), as `companies.parse_company` is."""
    properties: Schema = {
        "id": {"type": "string", "pattern": "^[a-z0-9_]+$", "description": "The folder's name."},
        "name": _record({"en": _NAME, "zh": _NAME}, ["en", "zh"]),
        "profile": {"enum": list(PROFILES), "description": "The trade: what active means, which models apply."},
        "currency": {**_CURRENCY, "description": "The one reporting currency."},
        "timezone": {**_NAME, "description": "IANA name; times without an offset are local to it."},
        "as_of": {"anyOf": [{"const": "delivery"}, _DAY], "description": "Close of business of this day."},
        "known_at": {**_DAY, "description": "Take no delivery after this day: what was known then."},
        "revenue_source": {"enum": ["orders", "invoices", "contracts"]},
        "market": _record({"industry": _NAME, "region": _NAME}),
        "deal": _record({"structure": {"enum": ["share", "asset"]}}),
        "assumptions": _record({"gross_margin": _SHARE, "discount_rate": _SHARE}),
        "direct_identifiers": {"type": "array", "items": _NAME},
        "pseudonym_key": {"enum": ["file", "demo"], "description": "demo is public: for published examples only."},
        "rates": {
            "description": "Currency -> first day -> units of the reporting currency for one of it.",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "number"}},
            "propertyNames": {"pattern": "^[A-Z]{3}$"},
            "type": "object",
        },
        "sources": {"type": "array", "minItems": 1, "items": _sources()},
    }
    _same_keys("company", properties, COMPANY_KEYS)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "company.yaml",
        **_record(properties, ["id", "name", "profile", "currency", "timezone", "sources"]),
        "$defs": {"column": _column(), **{f"columns_{e.name}": _columns(e) for e in entities().values()}},
    }


def schema_text() -> str:
    return json.dumps(company_schema(), ensure_ascii=False, indent=1) + "\n"


def _sources() -> Schema:
    texts: Schema = {"type": "array", "items": _TEXT}
    properties: Schema = {
        "entity": {"enum": list(entities())},
        "files": {**_NAME, "description": "Glob inside the delivery; export.zip/orders.csv names a file of a zip."},
        "required": {"type": "boolean", "description": "A delivery without it is rejected."},
        "mode": {"enum": ["full", "increment"], "description": "full: a record missing later has been deleted."},
        "format": {"enum": list(FORMATS), "description": "By the file's ending if left out."},
        "encoding": {"enum": list(ENCODINGS)},
        "delimiter": {"enum": list(DELIMITERS)},
        "decimal": {"enum": [".", ","]},
        "header_row": {"type": "integer", "minimum": 0, "description": "0: no header, `header` names the columns."},
        "header_rows": {"type": "integer", "minimum": 1, "description": "Rows the header takes, joined by a space."},
        "header": texts,
        "skip_footer": {"type": "integer", "minimum": 0, "description": "Lines at the end, blank ones not counted."},
        "sheet": _NAME,
        "fixed_width": {
            "type": "object",
            "description": "Column -> [start, width], in characters from 1.",
            "additionalProperties": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
        },
        "null_values": {**texts, "description": "Cells that mean nothing; the empty cell always does."},
        "placeholders": {**texts, "description": "Cells a form forced on people: counted, and dropped."},
        "unique_by": {"anyOf": [{"const": "all"}, {"type": "array", "items": _NAME}]},
        "where": {**_NAME, "description": "SQL over the canonical columns; rows outside are counted as excluded."},
        "timezone": _NAME,
        "currency": _CURRENCY,
        "unpivot": _record(
            {
                "columns": {"anyOf": [texts, {"type": "object", "additionalProperties": _TEXT}]},
                "name": _NAME,
                "value": _NAME,
                "keep_empty": {"type": "boolean"},
            },
            ["columns", "name", "value"],
        ),
        "columns": {"type": "object"},
    }
    _same_keys("source", properties, SOURCE_KEYS)
    by_entity = [
        {
            "if": {"properties": {"entity": {"const": name}}},
            "then": {"properties": {"columns": {"$ref": f"#/$defs/columns_{name}"}}},
        }
        for name in entities()
    ]
    return {**_record(properties, ["entity", "files", "columns"]), "allOf": by_entity}


def _columns(entity: Entity) -> Schema:
    properties = {c.name: {"$ref": "#/$defs/column", "description": _describe(c)} for c in entity.columns.values()}
    required = [c.name for c in entity.columns.values() if c.required]
    return {**_record(properties, required), "description": f"One record per {entity.grain}."}


def _describe(column: Column) -> str:
    notes = [column.type, column.note, ", ".join(column.values)]
    notes += ["direct identifier"] if column.identifier else []
    return "; ".join(n for n in notes if n)


def _column() -> Schema:
    properties: Schema = {
        "from": _TEXT,
        "format": {**_NAME, "description": "strptime, DD-MM-YYYY, epoch_ms, epoch_s or excel_serial"},
        "as": {"const": "id"},
        "map": {"type": "object", "additionalProperties": _TEXT},
        "sql": {**_TEXT, "description": "Scalar DuckDB expression over the source's columns, which are text."},
        "optional": {"type": "boolean", "description": "A file may lack the column."},
    }
    _same_keys("column", properties, COLUMN_KEYS)
    return {"anyOf": [{"type": ["string", "number"]}, _record(properties)]}


def _record(properties: Schema, required: list[str] | None = None) -> Schema:
    out: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**out, "required": required} if required else out


def _same_keys(what: str, properties: Schema, keys: tuple[str, ...]) -> None:
    """The reader and the schema must know the same keys."""
    if set(properties) != set(keys):
        raise ValueError(f"{what}: the schema and the reader differ in {sorted(set(properties) ^ set(keys))}")


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
