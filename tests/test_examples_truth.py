"""The example companies' deliveries against truth.json, read with csv and calamine: no pipeline code decides here."""

from __future__ import annotations

import csv
import gzip
import json
import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from python_calamine import load_workbook

from dagster_project.ingest.contract import Column, Entity, entities
from dagster_project.settings import PROJECT_ROOT

COMPANIES = PROJECT_ROOT / "seeds" / "companies"
IDS = ("anlan_safety", "jinse_bridal")
FORMATS = {"": "%Y-%m-%d"}
LAST_DAY_AHEAD = date(2036, 6, 30)


@dataclass
class Row:
    line: int
    cells: dict[str, str]  # by canonical column, as delivered; {sql:} columns left out
    key: tuple[str, ...] = ()


@dataclass
class File:
    delivery: str
    name: str
    entity: Entity
    mode: str
    formats: dict[str, str]
    maps: dict[str, dict[str, str]]
    headers: list[str]
    mapped: set[str]
    rows: list[Row] = field(default_factory=list)
    bad: dict[int, str] = field(default_factory=dict)  # line -> kind of defect
    repeated: set[int] = field(default_factory=set)

    @property
    def loaded(self) -> list[Row]:
        return [r for r in self.rows if r.line not in self.bad and r.line not in self.repeated]


@cache
def truth(company: str) -> dict[str, Any]:
    return json.loads((COMPANIES / company / "truth.json").read_text(encoding="utf-8"))


@cache
def files(company: str) -> list[File]:
    """Every table of every delivery, judged row by row."""
    home = COMPANIES / company
    config = yaml.safe_load((home / "company.yaml").read_text(encoding="utf-8"))
    result = []
    for folder in sorted((home / "deliveries").iterdir()):
        for source in config["sources"]:
            for path in sorted(folder.iterdir()):
                if fnmatch(path.name, source["files"]):
                    made = _read(folder.name, path, source)
                    _judge(made)
                    result.append(made)
    return result


def _read(delivery: str, path: Path, source: dict[str, Any]) -> File:
    entity = entities()[source["entity"]]
    plain = {c: m for c, m in source["columns"].items() if not (isinstance(m, dict) and "sql" in m)}
    specs = {c: m if isinstance(m, dict) else {"from": m} for c, m in plain.items()}
    table = list(_table(path, source))
    headers = [str(h) for h in table[0]]
    made = File(
        delivery=delivery,
        name=path.name,
        entity=entity,
        mode=source["mode"],
        formats={c: s.get("format", "") for c, s in specs.items()},
        maps={c: s["map"] for c, s in specs.items() if "map" in s},
        headers=headers,
        mapped={s["from"] for s in specs.values()},
    )
    position = {c: headers.index(s["from"]) for c, s in specs.items()}
    for line, values in enumerate(table[1:], start=2):
        cells = {c: values[p] for c, p in position.items()}
        made.rows.append(Row(line, cells, tuple(cells.get(k, "") for k in entity.key)))
    return made


def _table(path: Path, source: dict[str, Any]) -> Iterator[list[str]]:
    if path.suffix == ".xlsx":
        for values in load_workbook(path).get_sheet_by_name(source["sheet"]).to_python():
            yield [_cell_text(v) for v in values]
        return
    text = _bytes(path).decode(source.get("encoding", "utf-8")).removeprefix("\ufeff")
    yield from csv.reader(text.splitlines())


def _bytes(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _cell_text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _judge(file: File) -> None:
    """What a row is by the rules of the contract: good, bad (with the kind), or a repeat."""
    seen: dict[tuple[str, ...], Row] = {}
    for row in file.rows:
        problem = next(filter(None, (_problem(file, c, row.cells[c]) for c in row.cells)), None)
        if problem:
            file.bad[row.line] = problem
            continue
        first = seen.setdefault(row.key, row)
        if first is row:
            continue
        if first.cells == row.cells:
            file.repeated.add(row.line)
        else:
            file.bad[first.line] = file.bad[row.line] = "conflicting_key"


def _problem(file: File, name: str, value: str) -> str | None:
    column = file.entity.columns[name]
    if value == "":
        return "missing_required" if column.required else None
    if name in file.maps:
        return None if value in file.maps[name] else "unmapped_value"
    return _type_problem(column, value, file.formats[name])


@cache
def _type_problem(column: Column, value: str, style: str) -> str | None:
    if column.type in ("money", "number", "integer"):
        return None if _decimal(value) is not None else "wrong_type"
    if column.type in ("date", "timestamp"):
        day = _day(value, style)
        if day is None:
            return "impossible_date"
        return "date_out_of_range" if day > LAST_DAY_AHEAD else None
    if column.type == "boolean":
        return None if value in ("是", "否") else "wrong_type"
    return None


def _decimal(value: str) -> Decimal | None:
    try:
        return Decimal(value.replace(",", ""))
    except InvalidOperation:
        return None


def _moment(value: str, style: str) -> datetime:
    return datetime.strptime(value, FORMATS.get(style, style))  # noqa: DTZ007 - local time by contract


@cache
def _day(value: str, style: str) -> date | None:
    try:
        return datetime.strptime(value, FORMATS.get(style, style)).date()  # noqa: DTZ007 - local time by contract
    except ValueError:
        return None


@cache
def latest(company: str, entity: str) -> dict[tuple[str, ...], Row]:
    """The newest good row of each key."""
    rows: dict[tuple[str, ...], Row] = {}
    for file in files(company):
        if file.entity.name == entity:
            rows |= {row.key: row for row in file.loaded}
    return rows


def expected(company: str, name: str) -> Any:
    return truth(company)["expected"][name]["value"]


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("companies")
    script = COMPANIES / "generate.py"
    subprocess.run([sys.executable, str(script), "--out", str(out)], check=True, capture_output=True)
    return out


@pytest.mark.parametrize("company", IDS)
def test_regenerating_gives_the_committed_files(company: str, regenerated: Path) -> None:
    """Deliveries that drifted from their generator: truth.json would no longer describe them."""
    made, kept = regenerated / company, COMPANIES / company
    names = {p.relative_to(made) for p in made.rglob("*") if p.is_file()}
    committed = {p.relative_to(kept) for p in kept.rglob("*") if p.is_file()}
    assert names == committed - {Path("company.yaml")}
    for name in sorted(names):
        # Another build of zlib packs the same text into other bytes.
        same = _bytes(made / name) == _bytes(kept / name)
        # Another release of xlsxwriter may write other XML around the same cells.
        assert same or (name.suffix == ".xlsx" and _cells(made / name) == _cells(kept / name)), name


def _cells(path: Path) -> dict[str, list[list[object]]]:
    book = load_workbook(path)
    return {sheet: book.get_sheet_by_name(sheet).to_python() for sheet in book.sheet_names}


@pytest.mark.parametrize("company", IDS)
def test_row_counts_are_those_of_truth(company: str) -> None:
    """A defect planted but not written down, or written down and not planted."""
    told = {(f["delivery"], f["file"], f["entity"]): f for f in truth(company)["files"]}
    read = {(f.delivery, f.name, f.entity.name): f for f in files(company)}
    assert told.keys() == read.keys()
    for name, file in read.items():
        counted = {
            "delivered": len(file.rows),
            "loaded": len(file.loaded),
            "quarantined": len(file.bad),
            "duplicates": len(file.repeated),
            "quarantine_reasons": dict(sorted(Counter(file.bad.values()).items())),
        }
        assert counted == {k: told[name][k] for k in counted}, name


@pytest.mark.parametrize("company", IDS)
def test_every_defect_is_at_its_line(company: str) -> None:
    """A register that points at the wrong line proves nothing about the row it names."""
    lines: dict[tuple[str, str, str], dict[int, str]] = {}
    for entry in truth(company)["defects"]:
        if entry["outcome"] in ("quarantined", "duplicate"):
            lines.setdefault((entry["delivery"], entry["file"], entry["entity"]), {})[entry["line"]] = entry["kind"]
    for file in files(company):
        told = lines.get((file.delivery, file.name, file.entity.name), {})
        assert told == file.bad | dict.fromkeys(file.repeated, "exact_duplicate"), (file.delivery, file.name)


@pytest.mark.parametrize("company", IDS)
def test_planted_records_are_there_under_their_key(company: str) -> None:
    """A planted record that never reached the file: its check would pass on nothing."""
    by_name = {(f.delivery, f.name, f.entity.name): {r.line: r for r in f.rows} for f in files(company)}
    first, second = truth(company)["deliveries"]
    for entry in truth(company)["defects"]:
        row = by_name[entry["delivery"], entry["file"], entry["entity"]][entry["line"]]
        key = tuple(entry["key"].split("|"))
        if entry["column"] not in entities()[entry["entity"]].key:  # else the damage took the key away
            assert row.key == key, entry
        twin = [f for f in files(company) if f.entity.name == entry["entity"] and f.delivery != entry["delivery"]]
        others = {r.key: r for f in twin for r in f.rows}
        if entry["kind"] == "late_row":
            assert entry["delivery"] == second and key not in others, entry
        elif entry["kind"] == "removed":
            assert entry["delivery"] == first and key not in others, entry
        elif entry["kind"] == "corrected":
            assert entry["delivery"] == first, entry
            assert others[key].cells[entry["column"]] != row.cells[entry["column"]], entry


@pytest.mark.parametrize("company", IDS)
def test_every_promised_kind_of_defect_is_planted(company: str) -> None:
    """A kind that fell out of the generator: the pipeline would go untested for it."""
    kinds = {entry["kind"] for entry in truth(company)["defects"]}
    promised = {
        "missing_required", "impossible_date", "wrong_type", "unmapped_value", "conflicting_key", "exact_duplicate",
        "late_row", "corrected", "removed", "invalid_phone", "orphan_customer", "future_date", "negative_amount",
        "stale", "test_account", "merged", "seat_after_leaving", "unknown_customer", "set_late", "inflated_claim",
    }  # fmt: skip
    assert promised <= kinds
    chained = [row for row in latest(company, "customers").values() if row.cells["merged_into_customer_id"]]
    merged = {row.key[0] for row in chained}
    assert any(row.cells["merged_into_customer_id"] in merged for row in chained), "no chain of merges"
    assert all(count > 0 for count in expected(company, "customers_nulls").values())


@pytest.mark.parametrize("company", IDS)
def test_expected_results_follow_from_the_files(company: str) -> None:
    """Expected results that the delivered rows do not support: the truth itself would be wrong."""
    customers = latest(company, "customers")
    real = {k: r for k, r in customers.items() if r.cells["is_test"] == "否" and not r.cells["merged_into_customer_id"]}
    assert len(customers) == expected(company, "customers_loaded")
    assert len(real) == expected(company, "customers_total")
    for entity, count in expected(company, "entity_rows").items():
        assert len(latest(company, entity)) == count, entity
    last = {r.key for f in files(company) if f.entity.name == "customers" for r in f.rows if f.delivery == "2026-06-30"}
    assert len(customers.keys() - last) == expected(company, "customers_removed")
    orders, sales, back, unknown = 0, Decimal(0), Decimal(0), 0
    style = {f.entity.name: f.formats for f in files(company)}["orders"]
    tests = {k[0] for k, r in customers.items() if r.cells["is_test"] == "是"}
    for row in latest(company, "orders").values():
        cells = row.cells
        unknown += (cells["customer_id"],) not in customers
        if cells["cancelled_at"] or cells["customer_id"] in tests:
            continue
        if date(2025, 7, 1) <= (_day(cells["ordered_at"], style["ordered_at"]) or date.max) <= date(2026, 6, 30):
            orders += 1
            sales += Decimal(cells["gross_amount"]) - Decimal(cells["discount_amount"])
        if date(2025, 7, 1) <= (_day(cells["refunded_at"], style["refunded_at"]) or date.max) <= date(2026, 6, 30):
            back += Decimal(cells["refund_amount"])
    assert orders == expected(company, "orders_12m")
    assert sales - back == Decimal(str(expected(company, "revenue_net_12m")))
    assert unknown == expected(company, "orders_without_customer")


@pytest.mark.parametrize("company", IDS)
def test_every_drawn_rate_lies_in_the_interval_of_the_clean_records(company: str) -> None:
    """A generator that does not draw what it says: recovering its parameters would mean nothing."""
    rates = list(_rates("", truth(company)["parameters"]))
    assert len(rates) > 30
    outside = [name for name, fact in rates if not _within(fact["value"], fact["k"], fact["n"])]
    assert not outside


def _rates(name: str, node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "k" in node:
        yield name, node
    elif "definition" not in node:
        for child, value in node.items():
            yield from _rates(f"{name}.{child}", value)


def _within(value: float, k: int, n: int, z: float = 3.29) -> bool:
    """Wilson, 99.9%: some seventy rates are looked at."""
    share, middle = k / n, (k / n + z * z / 2 / n) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / 4 / n / n)
    return middle - half <= value <= middle + half


@pytest.mark.parametrize("company", IDS)
def test_every_fact_is_defined(company: str) -> None:
    """A number nobody can check because nobody knows what it counts."""
    for name, fact in truth(company)["expected"].items():
        assert fact["definition"] and "value" in fact, name


@pytest.mark.parametrize("company", IDS)
def test_no_file_is_near_the_rejection_limit(company: str) -> None:
    """A file with more than 5% bad rows is refused whole, and the example with it."""
    for file in files(company):
        assert len(file.bad) <= 0.045 * len(file.rows), file.name


@pytest.mark.parametrize("company", IDS)
def test_every_column_is_mapped(company: str) -> None:
    """An example that leaves a column out teaches leaving columns out."""
    for file in files(company):
        assert set(file.headers) <= file.mapped, file.name


@pytest.mark.parametrize("company", IDS)
def test_every_entity_that_makes_sense_is_delivered(company: str) -> None:
    """An example without an entity: the sections of the assessment that need it would go unseen."""
    of_another_trade = {
        "jinse_bridal": {"invoices", "contracts", "contract_values"},
        "anlan_safety": {"loyalty_ledger"},
    }
    assert {f.entity.name for f in files(company)} == entities().keys() - of_another_trade[company]


@pytest.mark.parametrize("company", IDS)
def test_no_moment_is_after_the_delivery_that_tells_it(company: str) -> None:
    """A record updated after its own export cannot be: rules on the future would be tried on noise."""
    for file in files(company):
        for column in {"created_at", "updated_at", "qualified_at", "quoted_at"} & file.formats.keys():
            for row in file.loaded:
                moment = row.cells[column] and _moment(row.cells[column], file.formats[column])
                assert not moment or str(moment.date()) <= file.delivery, (file.name, row.line, column)
                if file.entity.name == "leads" and moment:
                    created = _moment(row.cells["created_at"], file.formats["created_at"])
                    assert "%H" not in file.formats[column] or moment >= created, (file.name, row.line, column)


@pytest.mark.parametrize("company", IDS)
def test_raters_are_two_or_more_on_fifteen_items(company: str) -> None:
    """Too few ratings: the qualitative sections could not be assessed at all."""
    raters: dict[str, set[str]] = {}
    for row in latest(company, "qualitative_ratings").values():
        raters.setdefault(row.cells["indicator_code"], set()).add(row.cells["rater_id"])
    assert len(raters) >= 15
    assert all(len(who) >= 2 for who in raters.values())


@pytest.mark.parametrize("company", IDS)
def test_nobody_real_is_in_the_deliveries(company: str) -> None:
    """An invented name, number or address that could be somebody's."""
    for row in latest(company, "customers").values():
        assert re.search("^例|^测试|示例", row.cells["full_name"])
        assert not re.fullmatch(r"1[3-9]\d{9}", row.cells["phone"])
        assert (row.cells.get("email") or "@example.com").endswith("@example.com")
        assert "示例" in row.cells["address"]
        assert row.cells.get("wechat_id", "wx_example_").startswith("wx_example_")
    assert all(row.cells["full_name"].startswith("例") for row in latest(company, "contacts").values())
    told = [row.cells["name"] for entity in ("partners", "competitors") for row in latest(company, entity).values()]
    assert all(re.search("示例|竞品", name) for name in told)


def test_committed_deliveries_stay_small() -> None:
    """A repository nobody wants to clone: both companies stay under 6 MB together."""
    sizes = [p.stat().st_size for c in IDS for p in (COMPANIES / c / "deliveries").rglob("*") if p.is_file()]
    assert sum(sizes) < 6_000_000
