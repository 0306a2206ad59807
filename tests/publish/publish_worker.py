"""A small company to publish, and the other processes of these tests: `python publish_worker.py WHAT ROOT [N]`."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.publish.generations import Generation, publish
from dagster_project.publish.lock import company_lock
from dagster_project.publish.verdict import begin_build, seal_verdict
from dagster_project.settings import CompanyPaths

AS_OF = date(2026, 3, 31)
ROWS = 2_000


def company(root: Path) -> CompanyPaths:
    home = root / "companies" / "acme"
    home.mkdir(parents=True, exist_ok=True)
    paths = CompanyPaths(home / "deliveries", home / "company.yaml", root / "warehouse" / "acme")
    if not paths.config_file.exists():
        paths.config_file.write_text("id: acme\n")
    return paths


def build(paths: CompanyPaths, n: int, rows: int = ROWS) -> None:
    """A finished candidate whose every part says `n`."""
    begin_build(paths, run_id=f"run-{n}", as_of=AS_OF, files={"2026-04-01/orders.csv": str(n)}, code="1")
    with duckdb.connect(str(paths.candidate_db)) as db:
        for table in ("customer.dim_customers", "customer.fct_orders", "score.fct_indicators"):
            db.execute(f"create schema if not exists {table.split('.')[0]}")
            db.execute(f"create table {table} as select {n} as n, i, 'row ' || i as name from range({rows}) as r(i)")
    (paths.candidate_reports / "tables").mkdir()
    (paths.candidate_reports / "index.html").write_text(f"<p>{n}</p>")
    (paths.candidate_reports / "tables" / "orders.html").write_text(f"<table>{n}</table>")


def judge(paths: CompanyPaths, **said: Any) -> None:
    seal_verdict(paths, **{"passed": True, "checks": 3, "accounting_balances": True, **said})


def build_and_publish(paths: CompanyPaths, n: int, **how: Any) -> Generation:
    build(paths, n)
    judge(paths)
    return publish(paths, deliveries=["2026-04-01"], scores={"overall": float(n), "retention": None}, **how)


def read(paths: CompanyPaths) -> int:
    """What an analyst reads: `n` of the current generation, from two tables that must agree."""
    with duckdb.connect(str(paths.current / "marts.duckdb"), read_only=True) as db:
        found = db.execute(
            "select min(o.n), max(o.n), min(d.n), max(d.n), count(*) from customer.fct_orders as o "
            "inner join customer.dim_customers as d using (i)"
        ).fetchall()[0]
    if len(set(found[:4])) != 1 or found[4] != ROWS:
        raise AssertionError(f"torn read: {found}")
    return int(found[0])


def _die_at(nth: int) -> None:
    """Be killed at the nth file operation from here on, before it happens."""
    left = nth

    def hook(event: str, _: tuple[Any, ...]) -> None:
        nonlocal left
        if event in {"open", "sqlite3.connect"} or event.startswith(("os.", "shutil.")):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _publish_forever(paths: CompanyPaths, first: int, nth: int) -> None:
    print("ready", flush=True)
    if nth:
        _die_at(nth)
    n = first
    while True:
        n += 1
        with company_lock(paths, f"refresh run-{n}"):
            build_and_publish(paths, n)


def _read_until_told(paths: CompanyPaths, stop: Path) -> None:
    seen: list[int] = []
    print("ready", flush=True)
    while not stop.exists():
        seen.append(read(paths))
    print(len(seen), seen == sorted(seen), len(set(seen)), flush=True)


def _hold(paths: CompanyPaths) -> None:
    with company_lock(paths, "refresh by hand"):
        print("ready", flush=True)
        time.sleep(60)


def _main(what: str, root: Path, *numbers: str) -> None:
    paths = company(root)
    if what == "publish":
        _publish_forever(paths, int(numbers[0]), int(numbers[1]))
    elif what == "read":
        _read_until_told(paths, root / "stop")
    elif what == "hold":
        _hold(paths)
    elif what == "fill":
        build_and_publish(paths, int(numbers[0]))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
