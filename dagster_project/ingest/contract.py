"""The canonical entities and their columns, as typed data.

`contract.yaml` is the one place that names them; raw tables, dbt sources, validation and the docs read it from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

CONTRACT_FILE = Path(__file__).with_name("contract.yaml")

# Decimals, never floats: a sum does not depend on the order of its rows, so a rebuild gives the same marts.
DUCKDB_TYPES: Mapping[str, str] = {
    "id": "varchar",
    "customer_id": "varchar",
    "staff_id": "varchar",
    "person_id": "varchar",
    "text": "varchar",
    "category": "varchar",
    "date": "date",
    "timestamp": "timestamp",
    "money": "decimal(18,4)",
    "number": "decimal(18,6)",
    "integer": "bigint",
    "boolean": "boolean",
}

# Ids of people: stored in clear in raw Parquet only, replaced by HMAC pseudonyms in every table built from it.
PSEUDONYM_DOMAINS: Mapping[str, str] = {
    "customer_id": "customer",
    "staff_id": "staff",
    "person_id": "person",
}


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    required: bool = False
    identifier: bool = False
    free_text: bool = False
    values: tuple[str, ...] = ()
    note: str = ""

    @property
    def duckdb_type(self) -> str:
        return DUCKDB_TYPES[self.type]

    @property
    def pseudonym_domain(self) -> str | None:
        return PSEUDONYM_DOMAINS.get(self.type)


@dataclass(frozen=True)
class Entity:
    name: str
    grain: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    replace_by: str | None = None


@cache
def entities() -> Mapping[str, Entity]:
    """Every canonical entity by name, in the order of `contract.yaml`."""
    text = CONTRACT_FILE.read_text(encoding="utf-8")
    # The C loader where PyYAML has one: every process that loads the definitions pays for this.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {name: _entity(name, body) for name, body in yaml.load(text, Loader=loader).items()}


def _entity(name: str, body: dict) -> Entity:
    columns = {
        column: Column(name=column, **{**spec, "values": tuple(spec.get("values", ()))})
        for column, spec in body["columns"].items()
    }
    unknown = [k for k in (*body["key"], body.get("replace_by")) if k is not None and k not in columns]
    bad_types = [c.name for c in columns.values() if c.type not in DUCKDB_TYPES]
    if unknown or bad_types:
        raise ValueError(f"contract.yaml: entity {name}: unknown key columns {unknown}, unknown types at {bad_types}")
    return Entity(
        name=name,
        grain=body["grain"],
        key=tuple(body["key"]),
        columns=columns,
        replace_by=body.get("replace_by"),
    )
