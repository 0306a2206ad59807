"""Every kind of bad input, each with the outcome it must have: the file is rejected, the row is quarantined, or it is
loaded and what was changed is noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.companies import CompanyError, check_company_id
from dagster_project.ingest.errors import DeliveryRejected, IngestError
from tests.ingest.ingest_helpers import HEADER, ORDERS, World, good, lines, only


def rejected(world: World, content: bytes | str, name: str = "orders.csv") -> str:
    """Deliver one file, expect it to be refused and nothing to be built; the reason."""
    world.put("2024-02-01", name, content)
    with pytest.raises(DeliveryRejected) as e:
        world.load()
    rejection = only(e.value.rejections)
    assert rejection.file == name
    assert rejection.fix
    assert str(e.value).count("Fix: ") == 1
    assert not world.paths.work_db.exists()
    return rejection.reason


# --- the file is rejected, and nothing is published


def test_a_missing_required_file_is_rejected(world: World) -> None:
    """A month without orders would look like a month without sales."""
    world.configure(ORDERS.replace("    columns", "    required: true\n    columns"))
    world.put("2024-02-01", "notes.csv", "a\n1\n")
    with pytest.raises(DeliveryRejected) as e:
        world.load()
    assert "required source orders is missing" in only(e.value.rejections).reason


def test_a_file_still_growing_is_rejected(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy in progress would load half the orders, and balance."""
    path = world.put("2024-02-01", "orders.csv", lines(good(30)))
    from dagster_project.ingest import landing

    real = landing.land_file

    def grow(*args: object) -> object:
        out = real(*args)  # type: ignore[arg-type]
        with path.open("a") as f:
            f.write("o99,c99,2024-01-01,1.00\n")
        return out

    monkeypatch.setattr(landing, "land_file", grow)
    with pytest.raises(DeliveryRejected) as e:
        world.load()
    assert only(e.value.rejections).reason == "the file is still growing"


def test_a_file_modified_this_moment_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow copy pauses between two writes: half a file that rests for an instant would load, and balance."""
    from dagster_project.ingest import landing

    path = world.put("2024-02-01", "orders.csv", lines(good(30)))
    modified = path.stat().st_mtime
    waits: list[float] = []

    def grow(seconds: float) -> None:
        waits.append(seconds)
        with path.open("a") as f:
            f.write("o99,c99,2024-01-01,1.00\n")

    monkeypatch.setattr(landing, "now", lambda: modified + 0.25)
    monkeypatch.setattr(landing, "sleep", grow)
    with pytest.raises(DeliveryRejected) as e:
        world.load()
    assert only(e.value.rejections).reason == "the file is still growing"
    assert waits == [pytest.approx(landing.SETTLE_SECONDS - 0.25)]
    monkeypatch.setattr(landing, "now", lambda: path.stat().st_mtime + 2 * landing.SETTLE_SECONDS)
    assert world.load().files[0].loaded == 31
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (HEADER.encode(), "holds a header and no record"),
        (b"<!DOCTYPE html><html><body>Please sign in</body></html>\n", "is a web page"),
        (lines(good(30)).encode().replace(b"c7,", "客户".encode("gb18030") + b"7,"), "line 8 is not utf-8"),
        (lines(good(30)).encode() + "o99,客".encode()[:-1], "is cut in the middle"),
        (lines(good(30)).encode().replace(b"c7,", b"c\x007,"), "a NUL byte in line 8"),
        (lines(good(30)).encode().replace(b"c7,", b'"c7,'), "a quote opened in line 8 is never closed"),
        (lines(good(30)).encode() + b'o31,"c31', "a quote opened in line 32 is never closed"),
        (HEADER.encode() + b"o1," + b"c" * 3_000_000 + b",2024-01-01,1\n", "a line is longer than"),
        (lines(good(30), header="").encode(), "none of the mapped columns is in the header"),
        (lines(good(30)).replace(",", ";").encode(), "separated by semicolon"),
        (lines(good(30), header="order,customer,day,day,amount\n").encode(), "names a column twice: 'day'"),
        (lines(good(30), header="order,customer,day,total\n").encode(), "the column 'amount'"),
        (lines(good(30), header="order,customer,date,amount\n").encode(), "the column 'day'"),
        (b"PK\x03\x04" + b"x" * 50, "is a workbook or zip, not text"),
    ],
    ids=[
        "empty", "header_only", "web_page", "wrong_encoding", "cut_multibyte", "nul_byte", "unclosed_quote",
        "truncated_in_quotes", "giant_line", "no_header", "wrong_delimiter", "duplicate_header",
        "missing_required_column", "missing_renamed_column", "workbook_named_csv",
    ],
)  # fmt: skip
def test_a_damaged_file_is_rejected(world: World, content: bytes, reason: str) -> None:
    """Each of these has loaded nothing, or the wrong thing, without an error in some reader."""
    assert reason in rejected(world, content)


def test_a_file_declared_in_another_encoding_is_rejected(world: World) -> None:
    """UTF-8 decodes as GB18030 into nonsense without an error: names would be lost for good."""
    world.configure(ORDERS.replace("    columns", "    encoding: gb18030\n    columns"))
    assert "the file is UTF-8, not gb18030" in rejected(world, lines([*good(30), "李四,张三,2024-01-01,1"]))


def test_more_than_five_percent_bad_rows_reject_the_file(world: World) -> None:
    """Ten percent of bad rows is a wrong mapping, not bad luck; loading the rest would publish it."""
    bad = [f"x{i},c1,not a day,1.00" for i in range(6)]
    reason = rejected(world, lines([*good(94), *bad]))
    assert "6 of 100 rows are bad" in reason
    assert "ordered_at: not a date and time (6 rows)" in reason
    assert "not a day" not in reason


def test_exactly_five_percent_bad_rows_are_quarantined(world: World) -> None:
    """The limit is more than five percent."""
    world.deliver("2024-02-01", orders__csv=lines([*good(95), *[f"x{i},c1,no,1.00" for i in range(5)]]))
    assert world.load().files[0].quarantined == 5


def test_two_counts_that_disagree_reject_the_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader has lost rows silently before; only a second count can tell."""
    from dagster_project.ingest import textfile

    def miscount(count: Callable[..., textfile.TextFile]) -> Callable[..., textfile.TextFile]:
        def one_more(*args: object) -> textfile.TextFile:
            text = count(*args)
            text.records += 1
            return text

        return one_more

    for name in ("scan", "rescan"):
        monkeypatch.setattr(textfile, name, miscount(getattr(textfile, name)))
    assert "two counts of its records disagree" in rejected(world, lines(good(30)))


@pytest.mark.parametrize("value", ["../acme", "ac'me", "ac\0me"], ids=["dots", "quote", "nul"])
def test_a_company_id_that_reaches_out_is_refused(value: str) -> None:
    """The id names a folder and a partition."""
    with pytest.raises(CompanyError, match="only a-z, 0-9 and _"):
        check_company_id(value)


def test_a_symlink_out_of_the_delivery_is_rejected(world: World, tmp_path: Path) -> None:
    """A delivery must not be able to read /etc, or another company."""
    secret = tmp_path / "secret.csv"
    secret.write_text(lines(good(30)))
    folder = world.paths.deliveries / "2024-02-01"
    folder.mkdir(parents=True)
    (folder / "orders.csv").symlink_to(secret)
    with pytest.raises(DeliveryRejected) as e:
        world.load()
    assert "link out of the delivery folder" in only(e.value.rejections).reason


def test_every_rejected_file_is_named_at_once(world: World) -> None:
    """Mending one file a night takes a week."""
    world.deliver("2024-02-01", orders_a__csv="", orders_b__csv=HEADER, orders_c__csv=lines(good(30)))
    with pytest.raises(DeliveryRejected) as e:
        world.load()
    assert [r.file for r in e.value.rejections] == ["orders_a.csv", "orders_b.csv"]


def test_a_rejection_leaves_the_last_build_alone(world: World) -> None:
    """A damaged delivery must not take the good raw tables with it."""
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    world.load()
    before = world.paths.work_db.read_bytes()
    world.deliver("2024-03-01", orders__csv=HEADER)
    with pytest.raises(DeliveryRejected):
        world.load()
    assert world.paths.work_db.read_bytes() == before


# --- the row is quarantined, with file, line and reason


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("x1,c1,2024-01-01", "", "too few fields"),
        ("x1,c1,2024-01-01,1.00,more", "", "too many fields"),
        ('x1,"c1" junk,2024-01-01,1.00', "", "text after a closing quote"),
        ("x1,c1,2024-02-30,1.00", "ordered_at", "not a date and time"),
        ("x1,c1,1899-12-31,1.00", "ordered_at", "a date before 1900"),
        ("x1,c1,2034-03-01,1.00", "ordered_at", "a date more than 10 years ahead"),
        ("x1,c1,2024-01-01,1.2.3", "gross_amount", "not an amount of money"),
        ("x1,c1,2024-01-01,\"1,23\"", "gross_amount", "not an amount of money"),
        ("x1,c1,2024-01-01,1_000", "gross_amount", "not an amount of money"),
        ("x1,c1,2024-01-01,1e308", "gross_amount", "not an amount of money"),
        ("x1,c1,2024-01-01,NaN", "gross_amount", "not an amount of money"),
        ("x1,c1,2024-01-01,Inf", "gross_amount", "not an amount of money"),
        ("x1,c1,2024-01-01,", "gross_amount", "a required value is missing"),
        ("6.91721E+17,c1,2024-01-01,1", "order_id", "an id that a spreadsheet rounded"),
        ("TOTAL,,,930.00", "ordered_at", "a required value is missing"),
        ("TOTAL", "", "too few fields"),
    ],
    ids=[
        "too_few_fields", "too_many_fields", "text_after_quote", "impossible_date", "before_1900", "far_ahead",
        "money_format", "money_groups", "money_underscore", "1e308", "nan", "inf", "missing_value", "rounded_id",
        "total_footer", "total_footer_short",
    ],
)  # fmt: skip
def test_a_bad_row_is_quarantined(world: World, row: str, column: str, reason: str) -> None:
    """One bad row must neither stop the night nor enter the figures, nor vanish."""
    world.deliver("2024-02-01", orders__csv=lines([*good(20), row, *good(20, 21)]))
    report = world.load()
    assert (report.files[0].delivered, report.files[0].loaded, report.files[0].quarantined) == (41, 40, 1)
    ((line, reasons, raw),) = world.quarantined()
    assert line == 22
    assert (column, reason) in reasons
    assert row.split(",")[0] in raw
    assert world.sql("select rows from evidence.quarantine_reasons where reason = '" + reason + "'") == [(1,)]
    assert world.sql("select min(_line), max(_line), count(distinct _line) from raw.orders") == [(2, 42, 40)]


def test_a_truncated_last_line_is_quarantined(world: World) -> None:
    """A transfer that broke off leaves half a row, which must not become a row of nulls."""
    world.deliver("2024-02-01", orders__csv=lines(good(30)) + "o31,c31,20")
    world.load()
    assert [(line, reasons) for line, reasons, _ in world.quarantined()] == [(32, [("", "too few fields")])]


def test_every_reason_of_a_row_is_kept(world: World) -> None:
    """Mending one fault after the other takes as many nights as there are faults."""
    world.deliver("2024-02-01", orders__csv=lines([*good(30), ",c1,never,much"]))
    world.load()
    ((_, reasons, _),) = world.quarantined()
    assert reasons == [
        ("order_id", "a required value is missing"),
        ("ordered_at", "not a date and time"),
        ("gross_amount", "not an amount of money"),
    ]


def test_two_different_rows_under_one_key_are_both_quarantined(world: World) -> None:
    """Nobody can say which is right; choosing one is inventing data."""
    world.deliver("2024-02-01", orders__csv=lines([*good(50), "o7,c7,2024-01-08,99.00"]))
    report = world.load()
    assert report.files[0].quarantined == 2
    assert [(line, reasons[0][0]) for line, reasons, _ in world.quarantined()] == [(8, "order_id"), (52, "order_id")]
    assert all("conflicting_key" in reasons[0][1] and "2024-01-08" in raw for _, reasons, raw in world.quarantined())
    assert world.sql("select count(*) from raw.orders where order_id = 'o7'") == [(0,)]


def test_an_unmapped_category_says_so(world: World) -> None:
    """A new status in the CRM must not become null, nor stop the night."""
    world.configure(ORDERS.replace("amount}", "amount, status: {from: state, map: {已完成: completed}}}"))
    rows = [f"{r},已完成" for r in good(30)]
    world.deliver(
        "2024-02-01", orders__csv=lines([*rows, "x1,c1,2024-01-01,1.00,已发货"], "order,customer,day,amount,state\n")
    )
    world.load()
    ((_, reasons, _),) = world.quarantined()
    assert reasons == [("status", "a value that is not mapped to one of: open, completed, cancelled, refunded")]


# --- loaded, and what changed is noted


@pytest.mark.parametrize(
    ("encoding", "codec", "note"),
    [
        ("utf-8", "utf-8-sig", "a byte order mark was dropped"),
        ("utf-16", "utf-16", None),
        ("gb18030", "gb18030", None),
        ("gbk", "gbk", None),
        ("windows-1252", "cp1252", None),
        ("latin-1", "latin-1", None),
    ],
)
def test_declared_encodings_are_read(world: World, encoding: str, codec: str, note: str | None) -> None:
    """Text read under the wrong encoding joins nothing, and nobody sees why."""
    name = "müller" if encoding in ("windows-1252", "latin-1") else "张三"
    world.configure(ORDERS.replace("    columns", f"    encoding: {encoding}\n    columns"))
    world.put("2024-02-01", "orders.csv", lines([*good(30), f"{name},c1,2024-01-01,1"]).encode(codec))
    report = world.load()
    assert world.sql(f"select count(*) from raw.orders where order_id = '{name}'") == [(1,)]
    assert any(note in n for n in report.notes) if note else True


@pytest.mark.parametrize("ends", ["\r\n", "\r", "mixed"])
def test_line_ends_of_any_kind_are_read(world: World, ends: str) -> None:
    """The reader drops every row of some CRLF files without an error."""
    text = lines([*good(30), "x1,,2024-02-30,1.00", *good(10, 31)])
    text = text.replace("\n", "\r\n", 7) if ends == "mixed" else text.replace("\n", ends)
    world.deliver("2024-02-01", orders__csv=text)
    report = world.load()
    assert report.files[0].loaded == 40
    assert [line for line, _, _ in world.quarantined()] == [32]
    assert "2024-02-01 orders.csv: line ends were made LF" in report.notes


def test_reordered_and_recased_columns_are_read_by_name(world: World) -> None:
    """Reading by position loads customers as orders."""
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    world.deliver("2024-03-01", orders__csv="AMOUNT , Day,Customer,order\n5.00,2024-02-02,c1,o1\n")
    report = world.load()
    assert world.sql("select gross_amount::varchar, ordered_at::varchar from raw.orders where order_id = 'o1'") == [
        ("5.0000", "2024-02-02 00:00:00")
    ]
    assert "2024-03-01 orders.csv: the column 'amount' is now written 'AMOUNT'" in report.notes


def test_an_extra_column_is_reported_as_drift(world: World) -> None:
    """A new column is not an error, but somebody should map it."""
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    world.deliver("2024-03-01", orders__csv=lines(["o1,c1,2024-01-02,1.50,x"], "order,customer,day,amount,tier\n"))
    assert "2024-03-01 orders.csv: new columns 'tier'" in world.load().notes


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ('"1,234.50"', "1234.5000"),
        ("￥1234.5", "1234.5000"),
        ("¥ 1234.50", "1234.5000"),
        ("-$1234.50", "-1234.5000"),
        ("(1234.50)", "-1234.5000"),
        ("1234.50元", "1234.5000"),
        ("1.5万元", "15000.0000"),
        ("３万", "30000.0000"),
        ("１２３４．５", "1234.5000"),
        ("RMB 1234.5", "1234.5000"),
        ("+12", "12.0000"),
        (".5", "0.5000"),
        (" 12.00 ", "12.0000"),
        ("1 234 567.00", "1234567.0000"),
        ("0.00005", "0.0001"),
    ],
)
def test_money_as_people_write_it_is_read(world: World, cell: str, amount: str) -> None:
    """An amount read as text, or rounded through a float, is money lost."""
    world.deliver("2024-02-01", orders__csv=lines([*good(3), f"x1,c1,2024-01-01,{cell}"]))
    world.load()
    assert world.sql("select gross_amount::varchar from raw.orders where order_id = 'x1'") == [(amount,)]


def test_money_that_had_to_be_rounded_is_counted(world: World) -> None:
    """Five decimals become four: nobody must find out from a sum that is off by a cent."""
    rows = ["x1,c,2024-01-01,1.00005", "x2,c,2024-01-01,1.00000", "x3,c,2024-01-01,￥2.123456元",
            "x4,c,2024-01-01,1.23456万", "x5,c,2024-01-01,123456", "x6,c,2024-01-01,0.00001"]  # fmt: skip
    world.deliver("2024-02-01", orders__csv=lines([*good(10), *rows]))
    notes = [n for n in world.load().notes if "decimals" in n]
    assert notes == ["2024-02-01 orders.csv: gross_amount: 3 amounts had more than 4 decimals and were rounded"]


def test_a_decimal_comma_is_read_where_declared(world: World) -> None:
    """1.234,50 read with a decimal point is a thousandth of the money."""
    world.configure(ORDERS.replace("    columns", "    decimal: ','\n    delimiter: semicolon\n    columns"))
    rows = ["a;c;2024-01-01;1.234,50", "b;c;2024-01-01;1.234", "d;c;2024-01-01;12,5", "e;c;2024-01-01;1234"]
    world.deliver("2024-02-01", orders__csv=lines(rows, HEADER.replace(",", ";")))
    world.load()
    assert world.sql("select gross_amount::varchar from raw.orders order by order_id") == [
        ("1234.5000",), ("1234.0000",), ("12.5000",), ("1234.0000",)
    ]  # fmt: skip


def test_embedded_newlines_keep_lines_right(world: World) -> None:
    """A line number that is off by the newlines before it sends people to the wrong row."""
    rows = [*good(10), '"o\n\n99",c,2024-01-01,1', "bad,c,never,1", *good(10, 21), "short,c", *good(20, 41)]
    world.deliver("2024-02-01", orders__csv=lines(rows))
    world.load()
    assert [line for line, _, _ in world.quarantined()] == [15, 26]
    assert world.sql("select _line from raw.orders where order_id in ('o21', 'o41', 'o60') order by 1") == [
        (16,), (27,), (46,)
    ]  # fmt: skip
    assert world.sql("select count(*) from raw.orders where order_id = 'o\n\n99'") == [(1,)]


def test_stray_quotes_inside_unquoted_fields_are_text(world: World) -> None:
    """A 24" screen is no reason to lose the rows between two screens."""
    rows = [*good(20), '24" screen,c,2024-01-01,1', *good(20, 21), '19",c,2024-01-01,1', *good(20, 41)]
    world.deliver("2024-02-01", orders__csv=lines(rows))
    assert world.load().files[0].loaded == 62
    assert world.sql("select order_id, _line from raw.orders where contains(order_id, '\"') order by 1") == [
        ('19"', 43), ('24" screen', 22)
    ]  # fmt: skip


def test_leading_zeros_and_spreadsheet_wrappers(world: World) -> None:
    """An id that lost its zeros, or kept its wrapper, joins nothing."""
    rows = ['"=""0012""",c,2024-01-01,1', '="0013",c,2024-01-01,1', "'0014,c,2024-01-01,1", '"\t0015",c,2024-01-01,1',
            "0016,c,2024-01-01,1"]  # fmt: skip
    world.deliver("2024-02-01", orders__csv=lines(rows))
    world.load()
    assert world.sql("select order_id from raw.orders order by 1") == [(f"00{i}",) for i in range(12, 17)]


def test_formula_html_and_sql_text_are_text(world: World) -> None:
    """Text that is code somewhere must arrive as text."""
    texts = ["=1+1", "<script>alert(1)</script>", "'; drop table raw.orders; --", "$p0", "{{ x }}"]
    world.deliver("2024-02-01", orders__csv=lines([f'"{t}",c,2024-01-01,1' for t in texts]))
    world.load()
    assert {r[0] for r in world.sql("select order_id from raw.orders")} == {t.lstrip("'") for t in texts}


def test_declared_duplicates_are_counted(world: World) -> None:
    """De-duplication is declared, never assumed: twelve identical units are twelve rows."""
    source = """
  - entity: order_lines
    files: "lines.csv"
    columns: {order_id: o, quantity: q, unit_price: p}
"""
    text = "o,q,p\n1,1,5\n1,1,5\n2,1,5\n"
    world.configure(source)
    world.deliver("2024-02-01", lines__csv=text)
    assert world.load().files[0].duplicates == 0
    world.configure(source + "    unique_by: all\n")
    assert (world.load().files[0].duplicates, world.load().entity_rows["order_lines"]) == (1, 2)
    world.configure(source + "    unique_by: [quantity, unit_price]\n")
    assert world.load().files[0].duplicates == 2


def test_an_identical_repeat_of_a_key_is_a_duplicate(world: World) -> None:
    """An export that repeats a record must not count it twice, nor quarantine it."""
    world.deliver("2024-02-01", orders__csv=lines([*good(30), *good(2)]))
    report = world.load()
    assert (report.files[0].duplicates, report.entity_rows["orders"]) == (2, 30)


def test_a_redelivered_file_changes_nothing(world: World) -> None:
    """A file sent twice by mistake must not undo the corrections in between."""
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    world.deliver("2024-03-01", orders_fix__csv=lines(["o7,c7,2024-01-08,99.00"]))
    world.load()
    before = world.sql("select * from raw.orders order by order_id")
    world.deliver("2024-04-01", orders_again__csv=lines(good(30)))
    report = world.load()
    assert world.sql("select * from raw.orders order by order_id") == before
    assert [(f.delivered, f.loaded, f.duplicates) for f in report.files] == [(30, 30, 0), (1, 1, 0), (30, 0, 30)]


def test_no_delivery_is_said_so(world: World) -> None:
    """An empty folder must not publish an empty company."""
    with pytest.raises(IngestError, match="no deliveries folder"):
        world.load()
    (world.paths.deliveries / "2024-13-01").mkdir(parents=True)
    with pytest.raises(IngestError, match="is not a date"):
        world.load()
