"""How much dearer the ingest is than one bare DuckDB pass over the same file: `make bench`.

The bare pass reads the file as text and try_casts it into a typed table: no header check, no second count, no line
numbers, no quarantine, no keys, no pseudonyms. The ingest does all of that. Both run in processes of their own, one
after the other; goals are ratios of one run, because machines differ.
"""

# ruff: noqa: S608 - paths of a temporary folder and column lists of this file
from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

MEMORY_GOAL_MB = 2000
GOALS = {"utf-8": 3.0, "gb18030": 5.0}
THREADS = 2

# About 115 bytes a row; Chinese in two columns, as an export of a CRM has it.
ROWS = """
    select
        'SO' || lpad(i::varchar, 10, '0') as "order",
        'C' || lpad((hash(i * 7 + 1) % greatest($rows // 8, 1))::varchar, 8, '0') as customer,
        strftime(timestamp '2019-01-01' + to_seconds((hash(i * 3 + 2) % 157766400)::bigint), '%Y-%m-%d %H:%M:%S')
            as ordered,
        ((hash(i * 5 + 3) % 2000000) / 100)::decimal(12, 2)::varchar as amount,
        ((hash(i * 11 + 4) % 5000) / 100)::decimal(12, 2)::varchar as discount,
        ['门店', '天猫', '京东', '微信小程序'][(hash(i * 13 + 5) % 4)::int + 1] as channel,
        ['completed', 'completed', 'completed', 'cancelled', 'refunded'][(hash(i * 17 + 6) % 5)::int + 1] as state,
        'S' || lpad((hash(i * 19 + 7) % 300)::varchar, 4, '0') as seller,
        ((hash(i * 23 + 8) % 900000) / 100)::decimal(12, 2)::varchar as cost,
        'CNY' as currency,
        ['华东大区', '华南大区', '华北大区'][(hash(i * 29 + 9) % 3)::int + 1] || (i % 97)::varchar as remark
    from range($rows) t(i)
"""
COLUMNS = (
    "order",
    "customer",
    "ordered",
    "amount",
    "discount",
    "channel",
    "state",
    "seller",
    "cost",
    "currency",
    "remark",
)
TYPED = """
    "order", customer, try_cast(ordered as timestamp) as ordered, try_cast(amount as decimal(18, 4)) as amount,
    try_cast(discount as decimal(18, 4)) as discount, channel, state, seller,
    try_cast(cost as decimal(18, 4)) as cost, currency, remark
"""
COMPANY = """
id: bench
name: {{en: Bench, zh: 基准}}
profile: generic_b2c
currency: CNY
timezone: Asia/Shanghai
pseudonym_key: demo
sources:
  - entity: orders
    files: orders.csv
    mode: full
    encoding: {encoding}
    columns:
      order_id: order
      customer_id: customer
      ordered_at: ordered
      gross_amount: amount
      discount_amount: discount
      channel: channel
      status: state
      sales_staff_id: seller
      cost_amount: cost
      currency: currency
"""


@dataclass(frozen=True)
class Cost:
    """What one process took; `peak_mb` sums the resident memory of it and its children."""

    wall: float
    cpu: float
    peak_mb: float


def generate(file: Path, rows: int) -> None:
    """The same bytes for the same number of rows."""
    with duckdb.connect() as con:
        con.execute(f"set threads = {THREADS}")
        con.execute(f"copy ({ROWS}) to '{file}' (format csv, header true)", {"rows": rows})


def recode(source: Path, target: Path, encoding: str) -> None:
    with source.open(encoding="utf-8", newline="") as read, target.open("w", encoding=encoding, newline="") as write:
        while block := read.read(1 << 24):
            write.write(block)


def bare(file: Path, database: Path) -> None:
    """The pass all is measured against."""
    declared = ", ".join(f"'{c}': 'varchar'" for c in COLUMNS)
    with duckdb.connect(str(database)) as con:
        con.execute(f"set threads = {THREADS}")
        con.execute("set memory_limit = '1500MB'")
        con.execute(
            f"create table orders as select {TYPED} from read_csv('{file}', auto_detect = false, header = true, "
            f"columns = {{{declared}}}, delim = ',', quote = '\"', escape = '\"', new_line = '\\n')"
        )


def ingest(companies: Path, warehouse: Path) -> None:
    from dagster_project.companies import load_company
    from dagster_project.ingest.landing import land
    from dagster_project.ingest.raw import load_raw
    from dagster_project.settings import Settings

    settings = Settings(companies, warehouse, None)
    company, paths = load_company(settings, "bench"), settings.paths("bench")
    began = time.perf_counter()
    landing = land(company, paths)
    print(f"    landed after {time.perf_counter() - began:.1f} s", flush=True)
    report = load_raw(
        company, paths, landing, settings, lambda m: print(f"    {time.perf_counter() - began:.1f} s: {m}", flush=True)
    )
    print(f"    {report.entity_rows['orders']:,} orders after {time.perf_counter() - began:.1f} s", flush=True)


def measure(*arguments: str) -> Cost:
    """Run this file with these arguments and watch it."""
    cost, code = watched([sys.executable, "-m", "bench.ingest", *arguments])
    if code:
        sys.exit(f"bench: {' '.join(arguments)} failed")
    return cost


def watched(command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[Cost, int]:
    """Run a command to its end; what it took, and its exit code."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment)
    peak, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            peak[0] = max(peak[0], _resident_mb(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    over.set()
    watcher.join()
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Cost(wall, usage.ru_utime + usage.ru_stime, max(peak[0], usage.ru_maxrss / unit)), process.returncode


def _resident_mb(pid: int) -> float:
    """Resident memory of a process and its children; 0 where /proc is not there."""
    total = 0.0
    try:
        total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(_resident_mb(int(child)) for child in (task / "children").read_text().split())
    except OSError:
        pass
    return total


def compare(folder: Path, encoding: str, rows: int) -> bool:
    """Print one comparison; whether it meets the goals."""
    text = folder / "utf-8.csv"
    measure("--generate", str(text), str(rows))  # in a process of its own: a child's peak starts at its parent's
    home = folder / encoding / "companies" / "bench"
    delivered = home / "deliveries" / "2024-01-01" / "orders.csv"
    delivered.parent.mkdir(parents=True)
    home.joinpath("company.yaml").write_text(COMPANY.format(encoding=encoding), encoding="utf-8")
    recode(text, delivered, encoding)
    os.utime(delivered, (time.time() - 3600,) * 2)
    size = delivered.stat().st_size / 1e6
    # DuckDB cannot read GB18030, so what a bare pass would take is what it takes over the same rows in UTF-8.
    base = measure("--bare", str(text), str(folder / "bare.duckdb"))
    text.unlink()
    full = measure("--load", str(home.parent), str(folder / encoding / "warehouse"))
    (folder / "bare.duckdb").unlink()
    start = measure("--nothing")
    ratios = (full.wall / base.wall, full.cpu / base.cpu)
    met = max(ratios) <= GOALS[encoding] and full.peak_mb < MEMORY_GOAL_MB
    print(f"\n{encoding}, {rows:,} rows, {size:,.0f} MB; goal: {GOALS[encoding]:.0f} x, {MEMORY_GOAL_MB:,} MB")
    print("| | wall s | CPU s | peak MB |\n|---|---|---|---|")
    for name, cost in (("bare pass", base), ("land and load_raw", full), ("of it: imports", start)):
        print(f"| {name} | {cost.wall:.1f} | {cost.cpu:.1f} | {cost.peak_mb:,.0f} |")
    print(f"| ratio | {ratios[0]:.2f} | {ratios[1]:.2f} | |")
    busy, cores = os.getloadavg()[0], os.cpu_count() or 1
    others = (
        f" (load {busy:.1f} on {cores} cores: others took their share of the wall clock)" if busy > 1.5 * cores else ""
    )
    print(("met" if met else "NOT MET") + others, flush=True)
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the UTF-8 file; 0 leaves it out")
    parser.add_argument("--gb18030-rows", type=int, default=4_000_000, help="rows of the GB18030 file; 0 leaves it out")
    parser.add_argument("--folder", help="where to put the temporary folder; about 4 GB for 10 million rows")
    for hidden, count in (("--generate", 2), ("--bare", 2), ("--load", 2)):
        parser.add_argument(hidden, nargs=count, help=argparse.SUPPRESS)
    parser.add_argument("--nothing", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.bare:
        bare(*map(Path, asked.bare))
    elif asked.generate:
        generate(Path(asked.generate[0]), int(asked.generate[1]))
    elif asked.load:
        ingest(*map(Path, asked.load))
    elif asked.nothing:
        import dagster_project.ingest.raw  # noqa: F401 - what the ingest imports, and nothing more
    else:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            met = [
                compare(Path(folder), encoding, rows)
                for encoding, rows in (("utf-8", asked.rows), ("gb18030", asked.gb18030_rows))
                if rows
            ]
        return 0 if all(met) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
