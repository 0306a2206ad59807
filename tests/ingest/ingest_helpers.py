"""A company in a temporary folder: its company.yaml, its deliveries, and what the ingest made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.companies import Company, load_company
from dagster_project.ingest import store
from dagster_project.ingest.accounting import RawReport
from dagster_project.ingest.errors import Rejection
from dagster_project.ingest.landing import land
from dagster_project.ingest.raw import load_raw
from dagster_project.settings import CompanyPaths, Settings

ORDERS = """
  - entity: orders
    files: "orders*.csv"
    columns: {order_id: order, customer_id: customer, ordered_at: day, gross_amount: amount}
"""
HEADER = "order,customer,day,amount\n"


@dataclass
class World:
    """One company, `acme`, that can be delivered to and loaded."""

    root: Path
    messages: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return Settings(self.root / "companies", self.root / "warehouse", None)

    @property
    def paths(self) -> CompanyPaths:
        return self.settings.paths("acme")

    @property
    def company(self) -> Company:
        return load_company(self.settings, "acme")

    def configure(self, sources: str = ORDERS, extra: str = "") -> None:
        self.paths.config_file.parent.mkdir(parents=True, exist_ok=True)
        self.paths.config_file.write_text(
            "id: acme\nname: {en: Acme, zh: 艾克米}\nprofile: generic_b2c\ncurrency: CNY\ntimezone: Asia/Shanghai\n"
            f"pseudonym_key: demo\n{extra}sources:{sources}",
            encoding="utf-8",
        )

    def deliver(self, day: str, **files: bytes | str) -> None:
        """Write files into a delivery; `orders__csv` is orders.csv."""
        for name, content in files.items():
            self.put(day, name.replace("__", "."), content)

    def put(self, day: str, name: str, content: bytes | str) -> Path:
        path = self.paths.deliveries / day / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self) -> RawReport:
        company = self.company
        return load_raw(company, self.paths, land(company, self.paths), self.settings, self.messages.append)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.paths.work_db), read_only=True) as con:
            return con.execute(query).fetchall()

    def quarantined(self) -> list[tuple[int, list[tuple[str, str]], str]]:
        """Line, (column, reason) pairs and raw text of every quarantined row."""
        out = []
        for part in store.all_parts(self.paths.raw):
            if part.quarantined:
                rows = duckdb.execute(
                    "select line, reasons, raw from read_parquet($f)", {"f": str(part.quarantine(self.paths.raw))}
                ).fetchall()
                out += [(line, [(r["column"], r["reason"]) for r in reasons], raw) for line, reasons, raw in rows]
        return out


def lines(rows: Sequence[str], header: str = HEADER) -> str:
    return header + "".join(row + "\n" for row in rows)


def good(count: int, start: int = 1) -> list[str]:
    """Order rows without a fault."""
    return [f"o{i},c{i},2024-01-{i % 28 + 1:02d},{i}.50" for i in range(start, start + count)]


def only(rejections: Sequence[Rejection]) -> Rejection:
    assert len(rejections) == 1
    return rejections[0]
