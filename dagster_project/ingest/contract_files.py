"""What is written from the contract: dbt's sources and staging models, and the contract's page in docs/.

Run `python -m dagster_project.ingest.contract_files` after changing `contract.yaml`; a test fails until it was run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from dagster_project.ingest.contract import Column, Entity, entities
from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_ROOT

STAGING = DBT_PROJECT_DIR / "models" / "staging" / "crm"
COMMAND = "`python -m dagster_project.ingest.contract_files`"

BOOKKEEPING = (
    ("_delivered_on", "Delivery this version of the record came with."),
    ("_first_delivered_on", "First delivery that held the record."),
    ("_removed_on", "First later full delivery without the record; null while it is still delivered."),
    ("_file", "Delivered file."),
    ("_line", "Line in the delivered file."),
)

# Not delivered means no: nobody exports a column to say that nothing is a test or a return.
FALSE_WHEN_EMPTY = frozenset({"is_test", "is_return", "is_refund"})

# Facts whose grain is the delivered line itself.
WITH_LINES = frozenset({"order_lines"})


def render() -> Mapping[Path, str]:
    """Every file written from the contract, with its text."""
    return {
        STAGING / "_crm__sources.yml": _sources(),
        **{STAGING / f"stg_crm__{entity.name}.sql": _staging(entity) for entity in entities().values()},
        PROJECT_ROOT / "docs" / "contract.md": _page(),
    }


def _sources() -> str:
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
    source = {
        "name": "raw",
        "schema": "raw",
        "description": "Canonical entities as delivered: typed, people's ids as pseudonyms. Restricted.",
        "tables": tables,
    }
    text = yaml.safe_dump({"version": 2, "sources": [source]}, sort_keys=False, allow_unicode=True, width=120)
    return f"# Written by {COMMAND} from ingest/contract.yaml: change it there.\n{text}"


def _staging(entity: Entity) -> str:
    columns = [line for column in entity.columns.values() for line in _staged(column)]
    columns += ["_delivered_on as delivered_on", "_removed_on as removed_on"]
    if entity.name in WITH_LINES:
        columns += ["_file as source_file", "_line as source_line"]
    listed = ",\n".join(f"    {column}" for column in columns)
    return f"select\n{listed}\nfrom {{{{ source('raw', '{entity.name}') }}}}\n"


def _staged(column: Column) -> Iterator[str]:
    """Rename and cast only; of what identifies a person, whether it is there."""
    if column.identifier or column.free_text:
        yield f"{column.name} is not null as has_{column.name}"
    elif column.type == "timestamp":
        yield column.name
        yield f"cast({column.name} as date) as {column.name.removesuffix('_at')}_on"
    elif column.name in FALSE_WHEN_EMPTY:
        yield f"coalesce({column.name}, false) as {column.name}"
    else:
        yield column.name


def _page() -> str:
    lines = [
        "# The extract contract",
        "",
        f"Written by {COMMAND} from `dagster_project/ingest/contract.yaml`.",
        "",
        "What a company's files are mapped to in its `company.yaml`. Required columns are bold: a row without one is",
        "quarantined. *Identifier*: names or reaches a person; *free text*: may hold such a thing. Neither leaves the",
        "restricted tables. People's ids become pseudonyms. Dates and times are the company's local ones.",
    ]
    for entity in entities().values():
        key = ", ".join(entity.key)
        lines += ["", f"## {entity.name}", "", f"One row per {entity.grain}. Key: {key}."]
        if entity.replace_by:
            lines += [f"Without all key columns, the newest delivery replaces all rows of one {entity.replace_by}."]
        lines += ["", "| column | what it is |", "|---|---|"]
        lines += [f"| {f'**{c.name}**' if c.required else c.name} | {_describe(c)} |" for c in entity.columns.values()]
    return "\n".join(lines) + "\n"


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
    for path, text in render().items():
        path.write_text(text, encoding="utf-8")
