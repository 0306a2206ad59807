"""Formats other than plain CSV, and mappings other than column by column."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import zipfile
from datetime import date
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from dagster_project.ingest import readers
from dagster_project.ingest.errors import DeliveryRejected, IngestError
from tests.ingest.ingest_helpers import HEADER, ORDERS, World, good, lines, only


def orders(**changes: str) -> str:
    """The orders source with other keys."""
    text = ORDERS
    for key, value in changes.items():
        text = (
            text.replace("    columns:", f"    {key}: {value}\n    columns:")
            if key != "files"
            else text.replace("orders*.csv", value)
        )
    return text


def reason(world: World) -> str:
    with pytest.raises(DeliveryRejected) as e:
        world.load()
    return only(e.value.rejections).reason


def zipped(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return out.getvalue()


def sheet(path: Path, rows: list[list[object]], merge: tuple[int, int, int, int, str] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    page = book.add_worksheet("Orders")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value is not None:
                page.write(r, c, value)
    if merge:
        page.merge_range(*merge[:4], merge[4])
    book.close()


def test_tsv_is_separated_by_tabs(world: World) -> None:
    """The ending says so; a TSV read with commas is one column."""
    world.configure(orders(files="orders*.tsv"))
    world.put("2024-02-01", "orders.tsv", lines(good(5)).replace(",", "\t"))
    assert world.load().files[0].loaded == 5


def test_gzip_is_read(world: World) -> None:
    """Exports come packed; unpacking them by hand is where files get mixed up."""
    world.configure(orders(files="orders*.csv.gz"))
    world.put("2024-02-01", "orders.csv.gz", gzip.compress(lines(good(30)).encode()))
    assert world.load().files[0].loaded == 30


def test_a_truncated_gzip_is_rejected(world: World) -> None:
    """Half an archive unpacks to half a file without a complaint from some tools."""
    world.configure(orders(files="orders*.csv.gz"))
    packed = gzip.compress(lines(good(3000)).encode())
    world.put("2024-02-01", "orders.csv.gz", packed[: len(packed) // 2])
    assert reason(world) == "the archive is damaged or cut off"


def test_a_zip_of_one_file_is_read_and_of_two_is_asked_about(world: World) -> None:
    """Reading the first of several files loads the wrong one half of the time."""
    world.configure(orders(files="export.zip"))
    world.put("2024-02-01", "export.zip", zipped(orders__csv=lines(good(30))))
    assert world.load().files[0].loaded == 30
    world.put("2024-02-01", "export.zip", zipped(orders__csv=lines(good(30)), notes__csv="a\n1\n"))
    assert "2 files of the archive are meant, not one" in reason(world)
    world.configure(orders(files="export.zip/orders.csv"))
    assert world.load().files[0].loaded == 30


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_zip_bomb_is_rejected(world: World, kind: str) -> None:
    """A hundred kilobytes must not fill the disk."""
    world.configure(orders(files=f"orders.csv.{kind}"))
    zeros = "0" * 60_000_000
    packed = gzip.compress(zeros.encode(), 1) if kind == "gz" else zipped(orders__csv=zeros)
    world.put("2024-02-01", f"orders.csv.{kind}", packed)
    assert "unpacks to more than" in reason(world)
    assert not (world.paths.root / ".scratch").exists()


def test_a_damaged_zip_is_rejected(world: World) -> None:
    """A flipped byte is caught by the checksum of the archive."""
    world.configure(orders(files="export.zip"))
    packed = bytearray(zipped(orders__csv=lines(good(300))))
    packed[60] ^= 0xFF
    world.put("2024-02-01", "export.zip", bytes(packed))
    assert reason(world) == "the archive is damaged or cut off"


def test_json_lines_with_omitted_keys_and_a_broken_line(world: World) -> None:
    """Empty fields are left out of JSON, in any order; a broken line is one bad row, not a bad file."""
    world.configure(
        orders(files="orders.jsonl").replace("ordered_at: day", "ordered_at: {from: day, format: epoch_ms}")
    )
    records: list[dict[str, object]] = [
        {"order": f"00{i}", "day": 1_704_067_200_000 + i, "amount": "1.50", "customer": f"c{i}"} for i in range(40)
    ]
    records[7] = {"amount": 2, "order": '说"x"', "day": 1_704_067_200_000, "extra/key~": None}
    text = [json.dumps(r, ensure_ascii=False) for r in records]
    text.insert(10, '{"order": "cut')
    text.insert(20, "")
    world.put("2024-02-01", "orders.jsonl", "\n".join(text) + "\n")
    report = world.load()
    assert (report.files[0].delivered, report.files[0].loaded) == (41, 40)
    ((line, reasons, raw),) = world.quarantined()
    assert (line, reasons[0], raw) == (11, ("", "not a JSON object"), '{"order": "cut')
    assert world.sql("select order_id, customer_id, ordered_at::varchar from raw.orders where _line = 8") == [
        ('说"x"', None, "2024-01-01 08:00:00")
    ]
    assert world.sql("select max(_line) from raw.orders") == [(42,)]


def test_xlsx_dates_numbers_blank_rows_and_a_title(world: World) -> None:
    """A workbook's rows keep their numbers: ids come back as 17850, not 17850.0, and blank rows are no records."""
    world.configure(orders(files="orders.xlsx", header_row="3", sheet="Orders", skip_footer="1"))
    rows: list[list[object]] = [["Orders 2024"], [], ["order", "customer", "day", "amount"]]
    rows += [[17850 + i, f"c{i}", date(2024, 1, 5), 10.1] for i in range(20)]
    rows += [[], ["x1", "c", "never", 5], ["x2", "c", date(2024, 1, 5), 0.1 + 0.2], ["TOTAL", None, None, 212]]
    sheet(world.paths.deliveries / "2024-02-01" / "orders.xlsx", rows)
    report = world.load()
    assert (report.files[0].delivered, report.files[0].loaded) == (22, 21)
    assert [line for line, _, _ in world.quarantined()] == [25]
    assert world.sql(
        "select order_id, ordered_at::varchar, gross_amount::varchar, _line from raw.orders "
        "where _line in (4, 26) order by _line"
    ) == [
        ("17850", "2024-01-05 00:00:00", "10.1000", 4), ("x2", "2024-01-05 00:00:00", "0.3000", 26)
    ]  # fmt: skip


def test_xlsx_merged_header_rows_and_date_serials(world: World) -> None:
    """Two header rows with merged cells name the columns together; dates come as serial numbers."""
    source = (
        orders(files="orders.xlsx", header_rows="2")
        .replace("order_id: order,", "order_id: Order No,")
        .replace("customer_id: customer,", "customer_id: Order Customer,")
        .replace("day", "{from: Money Day, format: excel_serial}")
        .replace("amount}", "Money Amount}")
    )
    world.configure(source)
    rows: list[list[object]] = [["Order", None, "Money", None], ["No", "Customer", "Day", "Amount"]]
    rows += [[f"o{i}", "c", 45292.5, 1.5] for i in range(3)]
    sheet(world.paths.deliveries / "2024-02-01" / "orders.xlsx", rows, (0, 0, 0, 1, "Order"))
    world.load()
    assert world.sql("select distinct ordered_at::varchar, _line from raw.orders order by all limit 1") == [
        ("2024-01-01 12:00:00", 3)
    ]


def test_a_sheet_is_counted_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader of workbooks that loses rows must not be the one who counts them; empty texts and errors are no rows."""
    world.configure(orders(files="orders.xlsx"))
    rows: list[list[object]] = [["order", "customer", "day", "amount"], ["x", "c", "2024-01-01", "1"], ["", "", "", ""]]
    rows += [[f"o{i}", "", "2024-01-05", 10.5] for i in range(20)]
    sheet(world.paths.deliveries / "2024-02-01" / "orders.xlsx", rows)
    assert world.load().files[0].delivered == 21
    real = readers.python_calamine.CalamineWorkbook

    class Losing:
        sheet_names = ("Orders",)

        def __init__(self, path: str) -> None:
            self.book = real.from_path(path)

        @classmethod
        def from_path(cls, path: str) -> Losing:
            return cls(path)

        def get_sheet_by_name(self, name: str) -> Losing:
            self.sheet = self.book.get_sheet_by_name(name)
            return self

        def to_python(self, skip_empty_area: bool) -> list:
            return self.sheet.to_python(skip_empty_area=skip_empty_area)[:-1]

    monkeypatch.setattr(readers.python_calamine, "CalamineWorkbook", Losing)
    shutil.rmtree(world.paths.raw)
    assert "two counts of its records disagree: 20 and 21" in reason(world)


def test_a_missing_sheet_names_those_there_are(world: World) -> None:
    """The first sheet is often the cover."""
    world.configure(orders(files="orders.xlsx", sheet="Sales"))
    sheet(world.paths.deliveries / "2024-02-01" / "orders.xlsx", [["order"]])
    assert reason(world) == "no sheet 'Sales'; there are: Orders"


def test_parquet_types_survive(world: World) -> None:
    """Typed columns become text and typed again, without losing a digit."""
    world.configure(
        orders(files="orders.parquet").replace("customer_id: customer", "customer_id: {from: customer, as: id}")
    )
    folder = world.paths.deliveries / "2024-02-01"
    folder.mkdir(parents=True)
    duckdb.execute(
        "copy (select 'o' || i as \"order\", 17850.0::double as customer, timestamp '2024-01-05 10:00:00' as day, "
        f"0.1::double as amount from range(10) t(i)) to '{folder / 'orders.parquet'}' (format parquet)"
    )
    world.load()
    assert world.sql("select count(distinct customer_id), sum(gross_amount)::varchar from raw.orders") == [
        (1, "1.0000")
    ]


def test_a_damaged_parquet_is_rejected(world: World) -> None:
    """A Parquet file without its end is nothing."""
    world.configure(orders(files="orders.parquet"))
    world.put("2024-02-01", "orders.parquet", b"PAR1" + b"x" * 100)
    assert reason(world) == "not a Parquet file, or damaged"


def test_fixed_width_lines(world: World) -> None:
    """A line longer than its fields says the widths are wrong."""
    world.configure(
        orders(
            files="orders.txt",
            header_row="0",
            fixed_width="{order: [1, 4], customer: [5, 4], day: [9, 8], amount: [17, 8]}",
        ).replace("ordered_at: day", 'ordered_at: {from: day, format: "%Y%m%d"}')
    )
    rows = [f"{i:04d}c{i:03d}20240105{i + 0.5:8.2f}" for i in range(30)]
    world.put("2024-02-01", "orders.txt", "\n".join([*rows, "", "0099c09920240105    1.00junk"]) + "\n")
    report = world.load()
    assert (report.files[0].delivered, report.files[0].quarantined) == (31, 1)
    ((line, reasons, raw),) = world.quarantined()
    assert (line, reasons, raw[:4]) == (32, [("", "a line longer than its fields")], "0099")
    assert world.sql("select min(order_id) from raw.orders") == [("0000",)]


def test_a_pivoted_export_is_unpivoted(world: World) -> None:
    """One column per quarter becomes one row per quarter; empty cells are no rows, and are counted."""
    world.configure(
        """
  - entity: campaign_spend
    files: "spend.csv"
    unpivot: {columns: {Q1: 2024-01-01, Q2: 2024-04-01}, name: quarter, value: cost}
    columns: {channel: channel, period_start: quarter, spend: cost}
"""
        + ORDERS.lstrip("\n")
    )
    rows = [f"ch{i},10,20" for i in range(30)]
    world.deliver("2024-02-01", spend__csv=lines([*rows, "x,,5", "y,much,6"], "channel,Q1,Q2\n"))
    world.deliver("2024-02-01", orders__csv=lines(good(3)))
    account = world.load().files[0]
    assert (account.delivered, account.loaded, account.quarantined, account.excluded) == (64, 62, 1, 1)
    assert [line for line, _, _ in world.quarantined()] == [33]
    by_quarter = (
        "select period_start::varchar, sum(spend)::int, max(_line) from raw.campaign_spend group by 1 order by 1"
    )
    assert world.sql(by_quarter) == [
        ("2024-01-01", 300, 31), ("2024-04-01", 611, 33)
    ]  # fmt: skip


def test_placeholders_are_counted_not_kept(world: World) -> None:
    """1900-01-01 and 13800000000 are what a form asks for, not what a customer has."""
    world.configure("""
  - entity: customers
    files: "customers.csv"
    placeholders: [1900-01-01, 2999-12-31, "13800000000"]
    columns: {customer_id: id, phone: phone, birth_date: birth}
""")
    rows = [f"{i},139{i:08d},1990-01-01" for i in range(10)]
    world.deliver(
        "2024-02-01", customers__csv=lines([*rows, "a,13800000000,1900-01-01", "b,1,2999-12-31"], "id,phone,birth\n")
    )
    world.load()
    assert world.sql("select count(*), count(phone), count(birth_date) from raw.customers") == [(12, 11, 10)]
    assert world.sql("select column_name, rows from evidence.placeholders order by 1") == [
        ("birth_date", 2),
        ("phone", 1),
    ]


def test_money_in_another_currency_needs_a_rate(world: World) -> None:
    """Dollars added to yuan is a number nobody can use."""
    world.configure(
        ORDERS.replace("amount}", "amount, currency: code}"),
        extra="rates: {USD: {2023-01-01: 7.1, 2024-01-15: 7.2}}\n",
    )
    rows = [f"{r},cny" for r in good(40)]
    rows += ["u1,c,2024-01-14,10.00,USD", "u2,c,2024-01-15,10.00,usd", "u3,c,2024-01-15,10.00,",
             "e1,c,2024-01-15,10.00,EUR", "u4,c,2022-12-31,10.00,USD"]  # fmt: skip
    world.deliver("2024-02-01", orders__csv=lines(rows, "order,customer,day,amount,code\n"))
    world.load()
    converted = "select order_id, gross_amount::varchar, currency from raw.orders where order_id[1] = 'u' order by 1"
    assert world.sql(converted) == [
        ("u1", "71.0000", "CNY"), ("u2", "72.0000", "CNY"), ("u3", "10.0000", "CNY")
    ]  # fmt: skip
    assert {reasons[0][1][:16] for _, reasons, _ in world.quarantined()} == {"no exchange rate"}


def test_a_source_in_another_zone_and_currency(world: World) -> None:
    """A shop abroad exports its own time and money."""
    world.configure(orders(timezone="America/New_York", currency="USD"), extra="rates: {USD: {2020-01-01: 7}}\n")
    world.deliver("2024-02-01", orders__csv=lines(["a,c,2023-12-31 12:00,1", "b,c,2023-12-31T12:00Z,1"]))
    world.load()
    assert world.sql("select ordered_at::varchar, gross_amount::int from raw.orders order by order_id") == [
        ("2024-01-01 01:00:00", 7), ("2023-12-31 20:00:00", 7)
    ]  # fmt: skip


def test_what_a_later_delivery_changed_is_kept_without_names(world: World) -> None:
    """Restated history is how a seller's figures move; the evidence must not spread names."""
    world.configure("""
  - entity: customers
    files: "customers.csv"
    columns: {customer_id: id, full_name: name, city: city, owner_staff_id: owner}
""")
    header = "id,name,city,owner\n"
    world.deliver("2024-02-01", customers__csv=lines(["7,张三,上海,w1", "8,李四,北京,w1"], header))
    world.deliver("2024-03-01", customers__csv=lines(["7,张三丰,杭州,w2", "8,李四,北京,w1", "9,王五,北京,w1"], header))
    world.load()
    rows = world.sql(
        "select column_name, old_value, new_value, delivery::varchar, record_key from evidence.restatements order by 1"
    )
    assert [r[:4] for r in rows if r[0] != "owner_staff_id"] == [
        ("city", "上海", "杭州", "2024-03-01"), ("full_name", "***", "***", "2024-03-01")
    ]  # fmt: skip
    assert all(r[4].startswith("c_") for r in rows)
    assert [(r[1][:2], r[2][:2]) for r in rows if r[0] == "owner_staff_id"] == [("s_", "s_")]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("(select 1)", "subquery is not allowed"),
        ("sum(amount)", "not a pure scalar"),
        ("row_number() over ()", "window is not allowed"),
        ("now()", "not a pure scalar"),
        ("random()", "not a pure scalar"),
        ("a; drop table x", "not one SQL expression"),
        ("x) from read_csv('/etc/passwd') --", "not one SQL expression"),
        ("(from '/etc/passwd')", "is not allowed"),
        ("getenv('HOME')", "not a pure scalar"),
        ("amuont", "did you mean 'amount'"),
        ("amount + 1", "use try_cast"),
        ("*", "star is not allowed"),
    ],
)
def test_an_expression_may_only_compute_from_its_row(world: World, sql: str, message: str) -> None:
    """company.yaml comes from outside: it must not read files, or make two runs differ."""
    world.configure(ORDERS.replace("gross_amount: amount", "gross_amount: {sql: " + json.dumps(sql) + "}"))
    world.deliver("2024-02-01", orders__csv=lines(good(3)))
    with pytest.raises(IngestError) as e:
        world.load()
    assert message in str(e.value)
    assert "company.yaml:" in str(e.value)


def test_an_optional_column_may_be_missing(world: World) -> None:
    """A column that later exports gained must not make the first one unreadable."""
    world.configure(ORDERS.replace("amount}", "amount, channel: {from: shop, optional: true}}"))
    world.deliver("2024-02-01", orders__csv=lines(good(3)))
    assert any("channel" in n for n in world.load().notes)
    assert world.sql("select delivered from evidence.inputs where entity = 'orders' and column_name = 'channel'") == [
        (False,)
    ]


def test_a_header_below_a_preamble_and_above_a_footer(world: World) -> None:
    """Reports carry a title above and a summary below; line numbers count them."""
    world.configure(orders(header_row="3", skip_footer="2"))
    text = "Orders report\n\n" + lines([*good(30), "x,c,never,1"], HEADER) + "\nGenerated by CRM\nTotal: 30\n\n"
    world.deliver("2024-02-01", orders__csv=text)
    assert world.load().files[0].delivered == 31
    assert [line for line, _, _ in world.quarantined()] == [34]


def test_a_file_without_header_is_declared_so(world: World) -> None:
    """The first row of a headerless file is data."""
    world.configure(orders(header_row="0", header="[order, customer, day, amount]"))
    world.deliver("2024-02-01", orders__csv=lines(good(5), ""))
    world.load()
    assert world.sql("select count(*), min(_line) from raw.orders") == [(5, 1)]


@pytest.mark.parametrize(
    ("form", "cell", "day"),
    [
        ("DD-MM-YYYY", "05-02-2024", "2024-02-05"),
        ("M/D/YY", "2/5/24", "2024-02-05"),
        ("YYYY年M月D日", "2024年2月5日", "2024-02-05"),
        ("%d.%m.%Y", "05.02.2024", "2024-02-05"),
        ("epoch_s", "1707091200", "2024-02-05"),
        ("epoch_ms", "1707091200000", "2024-02-05"),
    ],
)
def test_declared_date_formats(world: World, form: str, cell: str, day: str) -> None:
    """5 February or 2 May: only the mapping knows."""
    world.configure(ORDERS.replace("ordered_at: day", f"ordered_at: {{from: day, format: {json.dumps(form)}}}"))
    world.deliver("2024-02-10", orders__csv=lines([f"a,c,{cell},1"]))
    world.load()
    assert world.sql("select ordered_at::date::varchar from raw.orders") == [(day,)]
