"""The dbt source file of the raw layer, written from the contract so that the two cannot disagree.

Run `python -m dagster_project.ingest.dbt_sources` after changing `contract.yaml`; a test fails until it was run.
"""

from __future__ import annotations

import yaml

from dagster_project.ingest.contract import Column, entities
from dagster_project.settings import DBT_PROJECT_DIR

SOURCES_FILE = DBT_PROJECT_DIR / "models" / "staging" / "crm" / "_crm__sources.yml"
HEADER = "# Written by `python -m dagster_project.ingest.dbt_sources` from ingest/contract.yaml: change it there.\n"

BOOKKEEPING = (
    ("_delivered_on", "Delivery this version of the record came with."),
    ("_first_delivered_on", "First delivery that held the record."),
    ("_removed_on", "First later full delivery without the record; null while it is still delivered."),
    ("_file", "Delivered file."),
    ("_line", "Line in the delivered file."),
)


def render() -> str:
    """The text of `_crm__sources.yml`."""
    tables = [
        {
            "name": entity.name,
            "description": f"One row per {entity.grain}, latest delivered version.",
            "config": {"meta": {"dagster": {"asset_key": ["raw", entity.name]}}},
            "columns": [{"name": c.name, "description": _describe(c)} for c in entity.columns.values()]
            + [{"name": name, "description": text} for name, text in BOOKKEEPING],
        }
        for entity in entities().values()
    ]
    document = {
        "version": 2,
        "sources": [
            {
                "name": "raw",
                "schema": "raw",
                "description": "Canonical entities as delivered: typed, people's ids as pseudonyms. Restricted.",
                "tables": tables,
            }
        ],
    }
    return HEADER + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _describe(column: Column) -> str:
    parts = [column.type.replace("_", " ")]
    if column.values:
        parts.append("one of " + ", ".join(column.values))
    if column.required:
        parts.append("required")
    if column.identifier:
        parts.append("direct identifier: stays in raw and staging")
    if column.free_text:
        parts.append("free text: stays in raw and staging")
    if column.note:
        parts.append(column.note)
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "."


if __name__ == "__main__":
    SOURCES_FILE.write_text(render(), encoding="utf-8")
