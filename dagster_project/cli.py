"""`bookworth`: the pipeline for people at a shell."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from dagster_project.companies import BookworthError, check_company_id, find_companies, load_company
from dagster_project.settings import PROJECT_ROOT, Settings


def main(argv: Sequence[str] | None = None) -> int:
    """0: done; 1: something fell short, said on stderr; 2: the command line is wrong."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.command(arguments))
    except BookworthError as error:
        print(f"bookworth: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bookworth: stopped; what is published stays as it was", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bookworth",
        description="What a company's customer book is worth: CRM extracts in, a published assessment out.",
        epilog="Folders come from BOOKWORTH_COMPANIES (seeds/companies) and BOOKWORTH_WAREHOUSE (warehouse); the "
        "pseudonym key from BOOKWORTH_KEY_FILE.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    refresh = commands.add_parser("refresh", help="read, judge, build and publish")
    refresh.add_argument("company", nargs="*", help="company ids; all of them if left out")
    refresh.add_argument("--as-of", type=_day, metavar="DATE", help="assess as of this day (YYYY-MM-DD), inclusive")
    refresh.set_defaults(command=_refresh)

    status = commands.add_parser("status", help="what is published, and what fell short")
    status.add_argument("company", nargs="*", help="company ids; all of them if left out")
    status.set_defaults(command=_status)

    rollback = commands.add_parser("rollback", help="publish an earlier generation again")
    rollback.add_argument("company", help="company id")
    rollback.add_argument(
        "--to", type=int, metavar="N", help="generation number; the one before the current if left out"
    )
    rollback.set_defaults(command=_rollback)

    reveal = commands.add_parser("reveal", help="seller's side: the customer behind a pseudonym")
    reveal.add_argument("company", help="company id")
    reveal.add_argument("id", nargs="+", help="pseudonyms, as in customer.dim_customers")
    reveal.set_defaults(command=_reveal)
    _add_tools(commands)
    return parser


def _add_tools(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands around a delivery: draft, ask, check, hand back."""
    new = commands.add_parser(
        "new",
        help="draft a company.yaml from a folder of exports",
        description="Profile the files of a folder (encoding, header, dates, shapes) and write a commented "
        "company.yaml with the best guess of entity and columns. What it is unsure of is marked `unsure`. Nothing is "
        "copied unless --copy-as says so; nothing but names and counts is printed.",
    )
    new.add_argument("company", help="company id: a-z, 0-9 and _; becomes the folder's name")
    new.add_argument("--from", dest="folder", type=Path, required=True, metavar="FOLDER", help="the exported files")
    new.add_argument("--profile", help="the trade; guessed if left out")
    new.add_argument("--copy-as", type=_day, metavar="DATE", help="also copy the files in, as the delivery of this day")
    new.set_defaults(command=_new)

    request = commands.add_parser(
        "request",
        help="write the list of data a buyer asks a seller for",
        description="Write a workbook in English and Chinese: tables, columns, why, required or optional, privacy, and "
        "the indicators and sections each opens.",
    )
    request.add_argument("profile", help="wedding_photography, public_safety_equipment, generic_b2c or generic_b2b")
    request.add_argument("--out", type=Path, metavar="FILE.xlsx", help="data_request_PROFILE.xlsx if left out")
    request.set_defaults(command=_request)

    check = commands.add_parser(
        "check",
        help="read the deliveries without publishing",
        description="Read every delivery in a scratch folder and print, per file, where each row went and why, what "
        "differs from the delivery before, and which indicators can be assessed. Exits 1 if a file is rejected.",
    )
    check.add_argument("company", help="company id")
    check.add_argument("--delivery", type=_day, metavar="DATE", help="print the files of this delivery only")
    check.set_defaults(command=_check)

    erase = commands.add_parser(
        "erase",
        help="seller's side: forget people who ask for it",
        description="Put people on the list of the erased, as pseudonyms, and print what still holds them. From the "
        "next refresh on their rows are counted as erased and reach neither raw rows nor marts, also when a later "
        "delivery brings them again. Needs the pseudonym key. Without ids: print what still holds those on the list.",
    )
    erase.add_argument("company", help="company id")
    erase.add_argument("id", nargs="*", help="customers' ids as delivered, or pseudonyms (customers, staff, contacts)")
    erase.add_argument(
        "--purge",
        action="store_true",
        help="after the refresh: remove older generations that hold them, and landed copies no delivery holds",
    )
    erase.set_defaults(command=_erase)

    quarantine = commands.add_parser(
        "quarantine",
        help="rows that were not loaded, for the seller to mend",
        description="Count the quarantined rows of the last refresh by file and reason. --export writes them as "
        "delivered, with file, line and reasons: restricted data. A mended file, put in the place of the old one "
        "or delivered later, replaces them at the next refresh.",
    )
    quarantine.add_argument("company", help="company id")
    quarantine.add_argument("--delivery", type=_day, metavar="DATE", help="of this delivery only")
    quarantine.add_argument("--file", metavar="NAME", help="of this file only, named as in the delivery")
    quarantine.add_argument("--export", type=Path, metavar="FILE.csv", help="write the rows there, for you only (0600)")
    quarantine.set_defaults(command=_quarantine)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it as YYYY-MM-DD") from None


def _chosen(settings: Settings, asked: Sequence[str]) -> list[str]:
    known = find_companies(settings)
    unknown = [company for company in asked if check_company_id(company) not in known]
    if unknown:
        listed = ", ".join(known) or "none"
        raise BookworthError(f"no company {', '.join(unknown)} in {settings.companies_dir}; there: {listed}")
    if not known:
        raise BookworthError(f"no company.yaml below {settings.companies_dir}; see BOOKWORTH_COMPANIES")
    return list(asked) or known


def _refresh(arguments: argparse.Namespace) -> int:
    from dagster_project.refresh import parse_dbt_if_changed, refresh_company

    settings = Settings.from_env()
    companies = _chosen(settings, arguments.company)
    for company in companies:
        load_company(settings, company)  # a mistake in company.yaml is said before anything starts
    parse_dbt_if_changed(lambda message: print(message, file=sys.stderr))
    failed = 0
    for company in companies:
        done = refresh_company(company, arguments.as_of, _say)
        if not done.succeeded:
            failed += 1
            print(f"\n{company}: not published. {done.message}", file=sys.stderr)
        print()
        _print_status(settings, company)
    return 1 if failed else 0


def _say(company: str, message: str) -> None:
    print(f"[{company}] {message}", file=sys.stderr, flush=True)


def _status(arguments: argparse.Namespace) -> int:
    settings = Settings.from_env()
    damaged = [_print_status(settings, company) for company in _chosen(settings, arguments.company)]
    return 1 if any(damaged) else 0


def _print_status(settings: Settings, company: str) -> bool:
    """Print one company; True if what is published is damaged."""
    from dagster_project.publish.generations import status

    state = status(settings.paths(company))
    print(company)
    if state.generation is None:
        print("  published     nothing yet")
    else:
        generation = state.generation
        pinned = ", pinned by a rollback" if state.is_pinned else ""
        score = "not assessed" if generation.score is None else f"{generation.score:.1f} of 100"
        print(f"  published     generation {generation.number}{pinned}, {generation.published_at:%Y-%m-%d %H:%M} UTC")
        print(f"  as of         {generation.as_of}")
        print(f"  deliveries    {', '.join(generation.deliveries)}")
        print(f"  score         {score}")
        print(f"  checks        {generation.checks} passed, {len(generation.warnings)} warnings")
        print(f"  marts         {_shown(settings.paths(company).current / 'marts.duckdb')}")
        print(f"  report        {_shown(settings.paths(company).current / 'reports' / 'index.html')}")
    if state.last_run is not None:
        print(f"  last run      {state.last_run.outcome}: {state.last_run.message}")
    for line in state.fell_short:
        print(f"  fell short    {line}")
    for line in state.damage:
        print(f"  DAMAGED       {line}")
    return bool(state.damage)


def _shown(path: Path) -> str:
    return str(path.relative_to(PROJECT_ROOT)) if path.is_relative_to(PROJECT_ROOT) else str(path)


def _rollback(arguments: argparse.Namespace) -> int:
    from dagster_project.publish.generations import rollback
    from dagster_project.publish.lock import company_lock

    settings = Settings.from_env()
    (company,) = _chosen(settings, [arguments.company])
    paths = settings.paths(company)
    with company_lock(paths, "rollback"):
        generation = rollback(paths, arguments.to)
    print(f"{company}: generation {generation.number} (as of {generation.as_of}) is current again.")
    print("It stays until the next refresh, which publishes what the deliveries then say.")
    return 0


def _reveal(arguments: argparse.Namespace) -> int:
    from dagster_project.ingest.reveal import reveal

    settings = Settings.from_env()
    (company_id,) = _chosen(settings, [arguments.company])
    found = reveal(load_company(settings, company_id), settings.paths(company_id), settings, arguments.id)
    for person in found:
        details = ", ".join(f"{name}: {value}" for name, value in person.identifiers.items() if value)
        print(f"{person.pseudonym}  {person.domain} {person.clear_id}{'  ' + details if details else ''}")
    missing = sorted(set(arguments.id) - {person.pseudonym for person in found})
    if missing:
        print(f"bookworth: not found under this key: {', '.join(missing)}", file=sys.stderr)
        return 1
    return 0


def _erase(arguments: argparse.Namespace) -> int:
    from dagster_project.publish.generations import current_generation, forget
    from dagster_project.publish.lock import company_lock
    from dagster_project.tools.erase import erase, lines, purge, remains

    settings = Settings.from_env()
    (company_id,) = _chosen(settings, [arguments.company])
    company, paths = load_company(settings, company_id), settings.paths(company_id)
    with company_lock(paths, "erase"):
        if arguments.id:
            new = erase(company, paths, settings, arguments.id, datetime.now(UTC).date())
            print(
                f"{company_id}: {new} more on the list of the erased; `bookworth refresh {company_id}` leaves them out."
            )
        found = remains(company, paths, settings)
        current = current_generation(paths)
        number = current.number if current else None
        if arguments.purge:
            if number in found.generations:
                raise BookworthError(f"generation {number} is published and holds them; refresh {company_id} first")
            gone = forget(paths, found.generations)
            print(f"{company_id}: removed {len(gone)} generations and {purge(found)} landed copies.")
            found = remains(company, paths, settings)
    print("What still holds them:")
    for line in lines(company, found, number):
        print(line)
    return 0


def _new(arguments: argparse.Namespace) -> int:
    from dagster_project.tools.new import new_company, summary

    settings = Settings.from_env()
    drafted = new_company(settings, arguments.company, arguments.folder, arguments.profile, arguments.copy_as)
    for line in summary(drafted, arguments.company, settings):
        print(line)
    return 1 if drafted.problem else 0


def _request(arguments: argparse.Namespace) -> int:
    from dagster_project.tools.request import write_request

    target = arguments.out or Path(f"data_request_{arguments.profile}.xlsx")
    columns = write_request(arguments.profile, target)
    print(f"Wrote {target}: {columns} columns, in English and Chinese.")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from dagster_project.tools.check import check, lines

    settings = Settings.from_env()
    (company,) = _chosen(settings, [arguments.company])
    checked = check(settings, company)
    for line in lines(checked, arguments.delivery):
        print(line)
    return 1 if checked.rejections else 0


def _quarantine(arguments: argparse.Namespace) -> int:
    from dagster_project.tools.quarantine import export, lines, quarantine

    settings = Settings.from_env()
    (company,) = _chosen(settings, [arguments.company])
    paths = settings.paths(company)
    for line in lines(quarantine(paths, arguments.delivery, arguments.file)):
        print(line)
    if arguments.export is not None:
        rows = export(paths, arguments.export, arguments.delivery, arguments.file)
        print(f"Wrote {arguments.export}: {rows:,} rows as they were delivered.")
        print("RESTRICTED: it holds names and numbers of people. Send it to the seller only, then delete it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
