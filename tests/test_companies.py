"""company.yaml: what is accepted, and that every mistake points at its line."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
import yaml

from dagster_project.companies import (
    Company,
    CompanyError,
    check_company_id,
    find_companies,
    load_company,
    parse_company,
)
from dagster_project.ingest.schema import SCHEMA_FILE, company_schema, schema_text
from dagster_project.settings import PROJECT_ROOT, Settings

BASE = """\
id: acme
name: {en: Acme, zh: 艾克米}
profile: generic_b2c
currency: CNY
timezone: Asia/Shanghai
sources:
  - entity: orders
    files: "orders*.csv"
    columns:
      order_id: 订单号
      ordered_at: {from: 日期, format: "%Y/%m/%d"}
      gross_amount: 金额
"""


def parse(tmp_path: Path, text: str) -> Company:
    path = tmp_path / "acme" / "company.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return parse_company(path)


def test_defaults_are_those_of_the_contract(tmp_path: Path) -> None:
    """A default that guesses, such as a full snapshot nobody declared, would delete records."""
    company = parse(tmp_path, BASE)
    (source,) = company.sources
    assert (company.as_of, company.revenue_source, company.deal_structure) == ("delivery", "orders", "share")
    assert company.pseudonym_key == "file"
    assert (source.mode, source.required, source.encoding, source.null_values) == ("increment", False, "utf-8", ("",))
    assert source.columns[0].source == "订单号"
    assert source.columns[1].format == "%Y/%m/%d"
    assert source.columns[0].line == 10


def test_the_published_example_is_read_as_written() -> None:
    """The mapping of Online Retail is the example of the contract; `nan` must stay text and 0.4 a decimal."""
    company = parse_company(PROJECT_ROOT / "docs/examples/online_retail/company.yaml")
    assert company.as_of == date(2011, 12, 10)
    assert company.gross_margin == Decimal("0.4")
    assert company.sources[0].null_values == ("", "nan")
    assert company.sources[0].columns[-2].sql == "starts_with(InvoiceNo, 'C')"


@pytest.mark.parametrize(
    ("old", "new", "line", "hint"),
    [
        ("currency: CNY", "curency: CNY", 4, "did you mean 'currency'"),
        ("profile: generic_b2c", "profile: generic_b2", 3, "did you mean 'generic_b2"),
        ("entity: orders", "entity: order", 7, "did you mean 'orders'"),
        ("    files:", "    file:", 8, "did you mean 'files'"),
        ("      gross_amount:", "      gros_amount:", 12, "did you mean 'gross_amount'"),
        ("format:", "fromat:", 11, "did you mean 'format'"),
        ("order_id: 订单号", "order_id: {from: 订单号, as: date}", 10, "unknown type 'date'"),
        ("timezone: Asia/Shanghai", "timezone: Asia/Shangai", 5, "did you mean 'Asia/Shanghai'"),
        ("id: acme", "id: ../acme", 1, "only a-z, 0-9 and _"),
        ("      gross_amount: 金额\n", "", 9, "required column 'gross_amount' is not mapped"),
        ("order_id: 订单号", "order_id: {sql: a, from: b}", 10, "either 'from:' or 'sql:'"),
        ("gross_amount: 金额", "gross_amount: {from: 金额, format: x}", 12, "is for dates and timestamps"),
        ("currency: CNY", "currency: yuan", 4, "three-letter code"),
        ("currency: CNY", "currency: CNY\ncurrency: USD", 5, "given twice"),
        ('files: "orders*.csv"', 'files: "../x.csv"', 8, "inside the delivery"),
        ('files: "orders*.csv"', "files: a.csv\n    unique_by: [order]", 9, "did you mean 'order_id'"),
        ('files: "orders*.csv"', "files: a.csv\n    encoding: utf8", 9, "did you mean 'utf-8'"),
        ('files: "orders*.csv"', "files: a.csv\n    mode: snapshot", 9, "known: full, increment"),
        ("name: {en: Acme, zh: 艾克米}", "name: {en: Acme}", 2, "no 'zh:'"),
        ("sources:", "sources: [", 7, "not valid YAML"),
    ],
)
def test_a_mistake_names_its_line_and_the_nearest_word(
    tmp_path: Path, old: str, new: str, line: int, hint: str
) -> None:
    """Without a line and a suggestion a mapping of two hundred columns is mended by guessing."""
    with pytest.raises(CompanyError) as e:
        parse(tmp_path, BASE.replace(old, new, 1))
    assert f"company.yaml:{line}:" in str(e.value)
    assert hint in str(e.value)


def test_without_customers_or_orders_there_is_nothing_to_assess(tmp_path: Path) -> None:
    """A company of tickets alone would publish an empty assessment."""
    text = BASE[: BASE.index("  - entity")] + ("  - entity: products\n    files: p.csv\n    columns: {product_id: p}\n")
    with pytest.raises(CompanyError, match="must be customers, orders or order_lines"):
        parse(tmp_path, text)


@pytest.mark.parametrize("value", ["../x", "a'b", "a\0b", "A", "", "a b", "a/b", "ä"])
def test_unsafe_company_ids_are_refused(value: str) -> None:
    """The id is a folder name and a partition key: it must not reach outside or need quoting."""
    with pytest.raises(CompanyError):
        check_company_id(value)


def test_companies_are_found_by_their_folder(tmp_path: Path) -> None:
    """A folder without company.yaml is none, and a typo in the id names the nearest."""
    settings = Settings(tmp_path, tmp_path / "w", None)
    assert find_companies(settings) == []
    parse(tmp_path, BASE)
    (tmp_path / "notes").mkdir()
    assert find_companies(settings) == ["acme"]
    assert load_company(settings, "acme").id == "acme"
    with pytest.raises(CompanyError, match="did you mean 'acme'"):
        load_company(settings, "acmee")


def test_the_id_must_be_the_folder(tmp_path: Path) -> None:
    """A copied folder would otherwise write into the first company's warehouse."""
    parse(tmp_path, BASE)
    (tmp_path / "acme").rename(tmp_path / "other")
    with pytest.raises(CompanyError, match="folder is 'other'"):
        load_company(Settings(tmp_path, tmp_path / "w", None), "other")


def test_the_published_schema_is_current() -> None:
    """An editor that completes last year's keys is worse than none; run `python -m dagster_project.ingest.schema`."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("path", sorted(PROJECT_ROOT.glob("docs/examples/*/company.yaml")), ids=lambda p: p.parent.name)
def test_the_schema_accepts_what_the_reader_accepts(path: Path) -> None:
    """A schema that marks a working file red is switched off."""
    parse_company(path)
    typed = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))
    jsonschema.validate(typed, company_schema())


def test_the_schema_refuses_an_unknown_column() -> None:
    """The completion must know the columns of the entity, not any column."""
    typed = yaml.safe_load(BASE)
    jsonschema.validate(typed, company_schema())
    typed["sources"][0]["columns"]["gros_amount"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(typed, company_schema())
