"""`company.yaml` -> a typed, frozen `Company`; every mistake names the line and the nearest valid word.

Errors: `BookworthError` (anything a user can mend) > `CompanyError` (the company's folder or its company.yaml).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo, available_timezones

import yaml

from dagster_project.ingest.contract import Entity, entities
from dagster_project.settings import Settings

PROFILES = ("wedding_photography", "public_safety_equipment", "generic_b2c", "generic_b2b")
ENCODINGS = ("utf-8", "utf-16", "gb18030", "gbk", "latin-1", "windows-1252")
FORMATS = ("csv", "xlsx", "parquet", "jsonl", "fixed")
COLUMN_TYPES = ("id",)
DEFAULT_IDENTIFIERS = ("full_name", "phone", "email", "wechat_id", "address", "national_id")
DELIMITERS: Mapping[str, str] = {
    "comma": ",", ",": ",", "semicolon": ";", ";": ";", "tab": "\t", "\t": "\t", "\\t": "\t", "pipe": "|", "|": "|",
}  # fmt: skip

_ID = re.compile(r"[a-z0-9_]+")
_NULL_TAG = "tag:yaml.org,2002:null"


class BookworthError(Exception):
    """A mistake a user can mend; `str(e)` is the whole message and carries no personal value."""


class CompanyError(BookworthError):
    """The company's id, folder or company.yaml is wrong."""


@dataclass(frozen=True)
class ColumnMapping:
    """One canonical column: taken from a source column, or computed by a scalar SQL expression."""

    target: str
    source: str | None
    format: str | None
    as_type: str | None
    map: Mapping[str, str]
    sql: str | None
    line: int
    optional: bool = False  # a file may lack the column


@dataclass(frozen=True)
class Unpivot:
    """Wide to long: each of `columns` becomes a row, its header in column `name`, its cell in column `value`."""

    columns: Mapping[str, str]  # source column -> the value that stands for it
    name: str
    value: str
    keep_empty: bool
    line: int


@dataclass(frozen=True)
class Source:
    """How one kind of file of a delivery becomes rows of one canonical entity."""

    entity: str
    files: str
    required: bool
    mode: Literal["full", "increment"]
    encoding: str
    delimiter: str | None
    header_row: int  # 1-based line (CSV: record) of the header; 0 = the file has none and `header` names the columns
    skip_footer: int  # non-blank lines at the end that are no records
    sheet: str | None
    null_values: tuple[str, ...]
    unique_by: tuple[str, ...] | Literal["all"] | None
    where: str | None
    timezone: str | None
    columns: tuple[ColumnMapping, ...]
    line: int
    format: str | None = None  # None: by the file's ending
    decimal: str = "."
    header: tuple[str, ...] = ()
    header_rows: int = 1  # XLSX and CSV: this many header rows, merged cells filled to the right, joined with a space
    fixed_width: tuple[tuple[str, int, int], ...] = ()  # column, 1-based start, width in characters
    placeholders: tuple[str, ...] = ()
    currency: str | None = None
    unpivot: Unpivot | None = None


@dataclass(frozen=True)
class Company:
    id: str
    name_en: str
    name_zh: str
    profile: str
    currency: str
    timezone: str
    as_of: date | Literal["delivery"]
    revenue_source: Literal["orders", "invoices", "contracts"]
    market_industry: str | None
    market_region: str | None
    deal_structure: Literal["share", "asset"]
    gross_margin: Decimal | None
    discount_rate: Decimal | None
    direct_identifiers: tuple[str, ...]
    pseudonym_key: Literal["file", "demo"]
    sources: tuple[Source, ...]
    path: Path
    rates: tuple[tuple[str, date, Decimal], ...] = ()  # currency, from this day on, units of `currency` for one of it
    known_at: date | None = None  # no delivery after this day is taken


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` or the list of known words, for the end of an error message."""
    words = list(known)
    folded = {w.casefold(): w for w in words}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{folded[close[0]]}'?"
    return f"; known: {', '.join(words)}" if len(words) <= 40 else ""


def check_company_id(value: str) -> str:
    """The id, if it is safe as a partition key and a folder name; `CompanyError` otherwise."""
    if not _ID.fullmatch(value):
        raise CompanyError(f"company id {value!r}: only a-z, 0-9 and _ are allowed")
    return value


def find_companies(settings: Settings) -> list[str]:
    """Ids of the folders that hold a company.yaml, sorted."""
    if not settings.companies_dir.is_dir():
        return []
    folders = (f.parent.name for f in settings.companies_dir.glob("*/company.yaml"))
    return sorted(name for name in folders if _ID.fullmatch(name))


def load_company(settings: Settings, company_id: str) -> Company:
    """Read and check `<companies>/<id>/company.yaml`; `CompanyError` names the line of the first mistake."""
    path = settings.paths(check_company_id(company_id)).config_file
    if not path.is_file():
        known = find_companies(settings)
        hint = nearest(company_id, known) if known else f"; no company has a company.yaml in {settings.companies_dir}"
        raise CompanyError(f"no company {company_id!r}{hint}")
    company = parse_company(path)
    if company.id != company_id:
        raise CompanyError(f"{company_id}/company.yaml: id is {company.id!r} but the folder is {company_id!r}")
    return company


def parse_company(path: Path) -> Company:
    """Read and check one company.yaml, wherever it lies."""
    where = f"{path.parent.name}/{path.name}"
    try:
        root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        raise CompanyError(f"{where}:1: the file is not UTF-8; save it as UTF-8") from None
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise CompanyError(f"{where}:{line}: not valid YAML: {getattr(e, 'problem', None) or 'unreadable'}") from None
    if root is None:
        raise CompanyError(f"{where}:1: the file is empty")
    return _company(_Node(root, where, ""), path)


class _Node:
    """A YAML node that knows its file and line, read as the type the caller names."""

    def __init__(self, node: yaml.Node, where: str, name: str) -> None:
        self.node, self.where, self.name = node, where, name
        self.line = node.start_mark.line + 1

    def fail(self, message: str) -> CompanyError:
        return CompanyError(f"{self.where}:{self.line}: {message}")

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_sequence(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def mapping(self, known: Iterable[str] | None = None, what: str = "key") -> dict[str, _Node]:
        """Children by key; a key outside `known`, or one given twice, is an error on its own line."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fail(f"{self.name or 'company.yaml'}: expected `key: value` pairs")
        out: dict[str, _Node] = {}
        for key_node, value_node in self.node.value:
            key = _Node(key_node, self.where, self.name).text()
            here = _Node(key_node, self.where, key)
            if known is not None and key not in (words := list(known)):
                raise here.fail(f"unknown {what} '{key}'{nearest(key, words)}")
            if key in out:
                raise here.fail(f"{what} '{key}' is given twice")
            child = _Node(value_node, self.where, key)
            child.line = here.line if not isinstance(value_node, yaml.ScalarNode) else child.line
            out[key] = child
        return out

    def items(self) -> list[_Node]:
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.fail(f"{self.name}: expected a list")
        return [_Node(child, self.where, self.name) for child in self.node.value]

    def text(self) -> str:
        """The scalar as written: `nan`, `null` and `007` stay text."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.fail(f"{self.name}: expected one value")
        return str(self.node.value)

    def filled(self) -> str:
        value = self.text().strip()
        if not value or self.node.tag == _NULL_TAG:
            raise self.fail(f"{self.name}: a value is missing")
        return value

    def choice(self, known: Iterable[str], what: str | None = None) -> str:
        value, words = self.filled(), list(known)
        if value not in words:
            raise self.fail(f"unknown {what or self.name} '{value}'{nearest(value, words)}")
        return value

    def boolean(self) -> bool:
        value = self.filled().lower()
        if value not in ("true", "false"):
            raise self.fail(f"{self.name}: expected true or false, not '{value}'")
        return value == "true"

    def integer(self, least: int = 0) -> int:
        value = self.filled()
        if not re.fullmatch(r"\d{1,6}", value) or int(value) < least:
            raise self.fail(f"{self.name}: expected a whole number from {least}, not '{value}'")
        return int(value)

    def number(self, low: Decimal, high: Decimal) -> Decimal:
        value = self.filled()
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise self.fail(f"{self.name}: expected a number, not '{value}'") from None
        if not (number.is_finite() and low <= number <= high):
            raise self.fail(f"{self.name}: expected a number from {low} to {high}, not '{value}'")
        return number

    def day(self) -> date:
        value = self.filled()
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.fail(f"{self.name}: expected a date such as 2024-12-31, not '{value}'") from None

    def texts(self) -> tuple[str, ...]:
        return tuple(n.text() for n in self.items())

    def zone(self) -> str:
        value = self.filled()
        if value not in available_timezones():
            raise self.fail(f"unknown timezone '{value}'{nearest(value, sorted(available_timezones()))}")
        return ZoneInfo(value).key

    def money_code(self) -> str:
        value = self.filled()
        if not re.fullmatch(r"[A-Z]{3}", value):
            raise self.fail(f"{self.name}: expected a three-letter code such as CNY, not '{value}'")
        return value


COMPANY_KEYS = (
    "id", "name", "profile", "currency", "timezone", "as_of", "known_at", "revenue_source", "market", "deal",
    "assumptions", "direct_identifiers", "pseudonym_key", "rates", "sources",
)  # fmt: skip
SOURCE_KEYS = (
    "entity", "files", "required", "mode", "format", "encoding", "delimiter", "decimal", "header_row", "header_rows",
    "header", "skip_footer", "sheet", "fixed_width", "null_values", "placeholders", "unique_by", "where", "timezone",
    "currency", "unpivot", "columns",
)  # fmt: skip
COLUMN_KEYS = ("from", "format", "as", "map", "sql", "optional")


def _need(found: Mapping[str, _Node], owner: _Node, keys: Iterable[str], what: str) -> None:
    for key in keys:
        if key not in found:
            raise owner.fail(f"{what} has no '{key}:'")


def _company(root: _Node, path: Path) -> Company:
    top = root.mapping(COMPANY_KEYS)
    _need(top, root, ("id", "name", "profile", "currency", "timezone", "sources"), "the company")
    name = top["name"].mapping(("en", "zh"))
    _need(name, top["name"], ("en", "zh"), "name")
    market = top["market"].mapping(("industry", "region")) if "market" in top else {}
    deal = top["deal"].mapping(("structure",)) if "deal" in top else {}
    assumed = top["assumptions"].mapping(("gross_margin", "discount_rate")) if "assumptions" in top else {}
    try:
        company_id = check_company_id(top["id"].text())
    except CompanyError as e:
        raise top["id"].fail(str(e)) from None
    as_of: date | Literal["delivery"] = "delivery"
    if "as_of" in top and top["as_of"].text() != "delivery":
        as_of = top["as_of"].day()
    sources = tuple(_source(n) for n in top["sources"].items())
    if not {s.entity for s in sources} & {"customers", "orders", "order_lines"}:
        raise top["sources"].fail("one source must be customers, orders or order_lines")
    return Company(
        id=company_id,
        name_en=name["en"].filled(),
        name_zh=name["zh"].filled(),
        profile=top["profile"].choice(PROFILES),
        currency=top["currency"].money_code(),
        timezone=top["timezone"].zone(),
        as_of=as_of,
        known_at=top["known_at"].day() if "known_at" in top else None,
        revenue_source=cast(
            Literal["orders", "invoices", "contracts"],
            top["revenue_source"].choice(("orders", "invoices", "contracts")) if "revenue_source" in top else "orders",
        ),
        market_industry=market["industry"].filled() if "industry" in market else None,
        market_region=market["region"].filled() if "region" in market else None,
        deal_structure=cast(
            Literal["share", "asset"], deal["structure"].choice(("share", "asset")) if "structure" in deal else "share"
        ),
        gross_margin=assumed["gross_margin"].number(Decimal(0), Decimal(1)) if "gross_margin" in assumed else None,
        discount_rate=assumed["discount_rate"].number(Decimal(0), Decimal(1)) if "discount_rate" in assumed else None,
        direct_identifiers=_identifiers(top.get("direct_identifiers")),
        pseudonym_key=cast(
            Literal["file", "demo"], top["pseudonym_key"].choice(("file", "demo")) if "pseudonym_key" in top else "file"
        ),
        sources=sources,
        path=path,
        rates=_rates(top.get("rates")),
    )


def _identifiers(node: _Node | None) -> tuple[str, ...]:
    """Columns that name or reach a person: those of the contract always, more if the company says so."""
    if node is None:
        return DEFAULT_IDENTIFIERS
    known = list(dict.fromkeys(c for e in entities().values() for c in e.columns))
    return tuple(dict.fromkeys((*DEFAULT_IDENTIFIERS, *(n.choice(known, "column") for n in node.items()))))


def _rates(node: _Node | None) -> tuple[tuple[str, date, Decimal], ...]:
    if node is None:
        return ()
    out = []
    for code, days in node.mapping().items():
        if not re.fullmatch(r"[A-Z]{3}", code):
            raise days.fail(f"rates: '{code}' is not a three-letter currency code")
        for day, rate in days.mapping().items():
            try:
                since = date.fromisoformat(day)
            except ValueError:
                raise rate.fail(f"rates: expected a date such as 2024-01-01, not '{day}'") from None
            out.append((code, since, rate.number(Decimal("0.000001"), Decimal(1_000_000))))
    return tuple(sorted(out))


def _source(node: _Node) -> Source:
    top = node.mapping(SOURCE_KEYS)
    _need(top, node, ("entity", "files", "columns"), "the source")
    entity = entities()[top["entity"].choice(entities(), "entity")]
    columns = tuple(_column(name, n, entity) for name, n in top["columns"].mapping(entity.columns, "column").items())
    mapped = {c.target for c in columns}
    for column in entity.columns.values():
        if column.required and column.name not in mapped:
            raise top["columns"].fail(f"{entity.name}: the required column '{column.name}' is not mapped")
    unique_by: tuple[str, ...] | Literal["all"] | None = None
    if "unique_by" in top:
        unique = top["unique_by"]
        unique_by = (
            tuple(n.choice(sorted(mapped), "mapped column") for n in unique.items())
            if unique.is_sequence
            else cast(Literal["all"], unique.choice(("all",)))
        )
    files = top["files"].filled()
    if files.startswith("/") or ".." in files.split("/"):
        raise top["files"].fail(f"files: '{files}' must stay inside the delivery folder")
    return Source(
        entity=entity.name,
        files=files,
        required=top["required"].boolean() if "required" in top else False,
        mode=cast(
            Literal["full", "increment"], top["mode"].choice(("full", "increment")) if "mode" in top else "increment"
        ),
        null_values=top["null_values"].texts() if "null_values" in top else ("",),
        unique_by=unique_by,
        where=top["where"].filled() if "where" in top else None,
        timezone=top["timezone"].zone() if "timezone" in top else None,
        columns=columns,
        line=node.line,
        placeholders=top["placeholders"].texts() if "placeholders" in top else (),
        currency=top["currency"].money_code() if "currency" in top else None,
        unpivot=_unpivot(top["unpivot"]) if "unpivot" in top else None,
        **_layout(top),  # type: ignore[arg-type]
    )


def _layout(top: Mapping[str, _Node]) -> dict[str, object]:
    """How the file is laid out: everything a reader needs."""
    header = top["header"].texts() if "header" in top else ()
    fixed = tuple(
        (name, *_span(n)) for name, n in (top["fixed_width"].mapping() if "fixed_width" in top else {}).items()
    )
    file_format = top["format"].choice(FORMATS) if "format" in top else None
    header_row = top["header_row"].integer() if "header_row" in top else (0 if header else 1)
    if header_row == 0 and not header and not fixed:
        raise top["header_row"].fail("header_row: 0 (a file without header) needs 'header: [column, ...]'")
    if header_row and header:
        raise top["header"].fail("'header:' is for files without a header; give 'header_row: 0' with it")
    if fixed and file_format not in (None, "fixed"):
        raise top["fixed_width"].fail("fixed_width is for format: fixed")
    if file_format == "fixed" and not fixed:
        raise top["format"].fail("format: fixed needs 'fixed_width: {column: [start, width], ...}'")
    delimiter = None
    if "delimiter" in top:
        word = top["delimiter"].text()
        if word not in DELIMITERS:
            raise top["delimiter"].fail(f"unknown delimiter {word!r}; known: comma, semicolon, tab, pipe")
        delimiter = DELIMITERS[word]
    return {
        "format": "fixed" if fixed else file_format,
        "encoding": top["encoding"].choice(ENCODINGS) if "encoding" in top else "utf-8",
        "delimiter": delimiter,
        "decimal": top["decimal"].choice((".", ",")) if "decimal" in top else ".",
        "header_row": header_row,
        "header_rows": top["header_rows"].integer(1) if "header_rows" in top else 1,
        "header": header,
        "skip_footer": top["skip_footer"].integer() if "skip_footer" in top else 0,
        "sheet": top["sheet"].filled() if "sheet" in top else None,
        "fixed_width": fixed,
    }


def _span(node: _Node) -> tuple[int, int]:
    parts = [n.integer(1) for n in node.items()]
    if len(parts) != 2:
        raise node.fail(f"fixed_width: '{node.name}' needs [start, width], counted from 1")
    return parts[0], parts[1]


def _unpivot(node: _Node) -> Unpivot:
    top = node.mapping(("columns", "name", "value", "keep_empty"))
    _need(top, node, ("columns", "name", "value"), "unpivot")
    columns = top["columns"]
    names = (
        {k: v.text() for k, v in columns.mapping().items()} if columns.is_mapping else {c: c for c in columns.texts()}
    )
    if not names:
        raise columns.fail("unpivot: name at least one column")
    return Unpivot(
        columns=names,
        name=top["name"].filled(),
        value=top["value"].filled(),
        keep_empty=top["keep_empty"].boolean() if "keep_empty" in top else False,
        line=node.line,
    )


def _column(target: str, node: _Node, entity: Entity) -> ColumnMapping:
    if not node.is_mapping:
        return ColumnMapping(target, node.filled(), None, None, {}, None, node.line)
    top = node.mapping(COLUMN_KEYS)
    if ("from" in top) == ("sql" in top):
        raise node.fail(f"{target}: give either 'from:' or 'sql:'")
    kind = entity.columns[target].type
    if "format" in top and kind not in ("date", "timestamp"):
        raise top["format"].fail(f"format: is for dates and timestamps; {entity.name}.{target} is of type {kind}")
    return ColumnMapping(
        target=target,
        source=top["from"].filled() if "from" in top else None,
        format=top["format"].filled() if "format" in top else None,
        as_type=top["as"].choice(COLUMN_TYPES, "type") if "as" in top else None,
        map={k: v.text() for k, v in top["map"].mapping().items()} if "map" in top else {},
        sql=top["sql"].filled() if "sql" in top else None,
        line=node.line,
        optional=top["optional"].boolean() if "optional" in top else False,
    )
