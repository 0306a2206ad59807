"""Make the example companies' deliveries and truth.json. Same arguments, same bytes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generator import bridal, safety, truth
from generator.common import Streams
from generator.defects import Register, note_planted, number_lines, plant
from generator.deliver import tables, views, write

HERE = Path(__file__).resolve().parent
COMPANIES = {module.COMPANY: module for module in (bridal, safety)}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Writes DIR/<company>/deliveries/<date>/* and DIR/<company>/truth.json. company.yaml is written by hand "
        "and never touched. All people, phone numbers, organisations and competitors are invented: see "
        "generator/fiction.py.",
    )
    parser.add_argument("--scale", type=float, default=1.0, help="customers relative to the committed size (default 1)")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the companies (default: beside this script)")
    parser.add_argument("--company", choices=sorted(COMPANIES), action="append", help="only this one (repeatable)")
    arguments = parser.parse_args()
    if arguments.scale < 0.3:
        parser.error("--scale below 0.3 leaves too few rows for the planted defects")
    for company in arguments.company or sorted(COMPANIES):
        make(company, arguments.scale, arguments.out / company)
    return 0


def make(company: str, scale: float, home: Path) -> None:
    module = COMPANIES[company]
    world = module.clean_records(scale)
    plan = module.plan(world)
    shown = views(world, module.EXPORTS, plan)
    made = tables(world, shown, module.EXPORTS, plan)
    register = Register(company)
    streams = Streams(company)
    plant(streams("damage"), register, made, module.DAMAGES, scale)
    for entity, damages in module.OWN_DAMAGES.items():
        plant(streams(f"damage {entity}"), register, made, {entity: damages}, scale)
    number_lines(made)
    note_planted(register, made, world, plan)
    write(made, home / "deliveries")
    facts = truth.describe(module, scale, world, shown, made, register)
    (home / "truth.json").write_text(truth.to_text(facts), encoding="utf-8")
    size = sum(path.stat().st_size for path in (home / "deliveries").rglob("*") if path.is_file()) / 1e6
    rows = sum(len(table.rows) for table in made)
    print(f"{company}: {rows:,} rows, {size:.2f} MB, {len(register.entries)} defects")


if __name__ == "__main__":
    sys.exit(main())
