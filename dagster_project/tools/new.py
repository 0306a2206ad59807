"""`bookworth new`: a folder of unknown exports -> a drafted company.yaml."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dagster_project.companies import PROFILES, BookworthError, CompanyError, check_company_id, load_company, nearest
from dagster_project.settings import Settings
from dagster_project.tools.draft import company_yaml
from dagster_project.tools.guess import Guess, guess
from dagster_project.tools.profile import profile_folder


@dataclass(frozen=True)
class Drafted:
    """What was written. `problem`: why the draft does not load yet, empty if it does."""

    path: Path
    guesses: tuple[Guess, ...]
    problem: str
    copied: tuple[Path, ...] = ()


def new_company(
    settings: Settings,
    company_id: str,
    folder: Path,
    profile: str | None = None,
    copy_as: date | None = None,
) -> Drafted:
    """Write `<companies>/<id>/company.yaml`; copy the files into a delivery only if `copy_as` dates one.

    Raises `BookworthError` when the company has a company.yaml already or the folder holds no table.
    """
    paths = settings.paths(check_company_id(company_id))
    if profile is not None and profile not in PROFILES:
        raise BookworthError(f"unknown profile '{profile}'{nearest(profile, PROFILES)}")
    if paths.config_file.exists():
        raise BookworthError(f"{paths.config_file} exists; mend that one, or move it away first")
    guesses = tuple(guess(file) for file in profile_folder(folder))
    text = company_yaml(company_id, guesses, profile)
    paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    with paths.config_file.open("x", encoding="utf-8") as out:
        out.write(text)
    copied = tuple(_copy(folder, paths.deliveries / copy_as.isoformat())) if copy_as else ()
    problem = ""
    try:
        load_company(settings, company_id)
    except CompanyError as error:
        problem = str(error)
    return Drafted(paths.config_file, guesses, problem, copied)


def _copy(folder: Path, target: Path) -> Iterator[Path]:
    """Copy the folder's files, keeping sub-folders; an existing delivery is never added to."""
    if target.exists():
        raise BookworthError(f"{target} exists; choose another date, or copy the files by hand")
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            if not path.resolve().is_relative_to(folder.resolve()):
                raise BookworthError(f"{path} is a link out of the folder; deliver the file itself")
            (target / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / inside)
            yield target / inside


def summary(drafted: Drafted, company_id: str, settings: Settings) -> Iterator[str]:
    """Lines for a terminal: names and counts only."""
    rows = [("FILE", "RECORDS", "READ AS", "COLUMNS", ""), *map(_row, drafted.guesses)]
    widths = [max(_width(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        cells = [text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=False)]
        yield ("  ".join([*cells, row[4]])).rstrip()
    unsure = drafted.path.read_text(encoding="utf-8").count("unsure")
    yield ""
    yield f"Wrote {drafted.path}: {unsure} places marked `unsure`."
    if drafted.problem:
        yield f"It does not load yet: {drafted.problem}"
    deliveries = settings.paths(company_id).deliveries
    yield "Next:"
    yield f"  1. mend what is marked unsure in {drafted.path.name}; docs/company.schema.json completes it in an editor"
    if drafted.copied:
        yield f"  2. {len(drafted.copied)} files lie in {drafted.copied[0].parent}"
    else:
        yield f"  2. put the files into {deliveries}/<yyyy-mm-dd>/ (nothing was copied)"
    yield f"  3. bookworth check {company_id}      reads them without publishing"
    yield f"  4. bookworth refresh {company_id}    builds, judges and publishes; needs BOOKWORTH_KEY_FILE"


def _row(found: Guess) -> tuple[str, str, str, str, str]:
    file = found.file
    if file.problem:
        return file.name, "-", "-", "-", f"could not be read: {file.problem}"
    count, records = len(file.columns), f"{file.records:,}"
    if found.entity is None:
        return file.name, records, "-", f"0 of {count}", "nothing of the contract"
    notes: Sequence[str] = [f"lacks {', '.join(found.missing)}: left as a comment"] if found.missing else []
    if not notes and not found.is_sure:
        notes = [f"unsure: perhaps {found.second[0]}"]
    return file.name, records, found.entity.name, f"{len(found.matches)} of {count}", "; ".join(notes)


def _width(text: str) -> int:
    """Columns a terminal takes: Chinese characters are two wide."""
    return sum(2 if "\u2e80" <= c <= "\uffef" else 1 for c in text)
