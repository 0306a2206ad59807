"""Whatever is in a file: its rows balance, or it is rejected with a reason. Nothing in between."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.ingest.errors import DeliveryRejected
from tests.ingest.ingest_helpers import HEADER, World, good, lines

# fmt: off
CELLS = st.one_of(
    st.sampled_from(
        ["o1", "2024-01-05", "1.50", "", " ", '"', '""', '"a,b"', '"a\nb"', '"a\n\n"', '24"', '"x" y', "\t", "1e308",
         "NaN",
         "=1+1", '="01"', "2024-02-30", "9999-12-31", "1,234", "张三", "'", "\\", "\\n", "\x01", "\x02", "٣", "O'Neil",
         "#", "-", "2024-01-05T10:00:00+08:00", "infinity", "0x1F", "1_0", "null", "-0", "１２", "￥5", "5%", "5万元"]
    ),
    st.text(max_size=6),
)
# fmt: on
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=6).map(",".join), max_size=12)
MANY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(content: bytes, extra: str = "") -> None:
    """Load one file; every delivered row must be found again as loaded or quarantined."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.configure(
            '\n  - entity: orders\n    files: "orders.csv"\n' + extra + "    columns: {order_id: order, "
            "customer_id: customer, ordered_at: day, gross_amount: amount}\n"
        )
        world.put("2024-02-01", "orders.csv", content)
        try:
            (account,) = world.load().files
        except DeliveryRejected as e:
            assert all(r.reason and r.fix and r.file == "orders.csv" for r in e.rejections)
            assert not world.paths.work_db.exists()
            return
        account.check()
        if "encoding" not in extra and b'"' not in content:
            # Without quotes a record is a line: counted here by other means than either of the ingest's.
            ends = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
            assert account.delivered == sum(line != b"" for line in ends[1:])
        assert world.sql("select count(*) from raw.orders") == [(account.loaded,)]
        quarantined = world.quarantined()
        assert len(quarantined) == account.quarantined
        assert all(reasons and raw is not None for _, reasons, raw in quarantined)
        kept = world.sql("select _line from raw.orders")
        numbers = [line for (line,) in kept] + [line for line, _, _ in quarantined]
        # A record's line is its own: no two rows share one, none is outside the file.
        assert len(set(numbers)) == len(numbers)
        assert all(1 < n <= content.count(b"\n") + content.count(b"\r") + 1 for n in numbers)


@MANY
@given(ROWS)
def test_rows_of_anything_balance_or_are_rejected(rows: list[str]) -> None:
    """The good rows around them keep the file under its five percent, so that bad ones are quarantined."""
    content = lines([*good(30), *rows, *good(70, 31)])
    check(content.encode("utf-8", "surrogatepass"))


@MANY
@given(ROWS, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_small_files_of_anything_balance_or_are_rejected(rows: list[str], ends: str, closed: bool) -> None:
    """Without good rows to hide behind, with every kind of line end, with and without the last."""
    text = HEADER + "\n".join(rows) + ("\n" if closed else "")
    check(text.replace("\n", ends).encode("utf-8", "surrogatepass"))


@MANY
@given(st.binary(max_size=200), st.sampled_from(["utf-8", "gb18030", "utf-16", "latin-1", "windows-1252"]))
def test_bytes_of_any_kind_balance_or_are_rejected(data: bytes, encoding: str) -> None:
    """A file may be anything at all, under any declared encoding."""
    header = HEADER.encode("utf-16" if encoding == "utf-16" else "ascii")
    check(header + data, f"    encoding: {encoding}\n")
