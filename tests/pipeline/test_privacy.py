"""No personal value leaves the restricted files: not into the marts, the reports, nor what the run says of itself.

Restricted are landing/, raw/ and work.duckdb. Everything else is searched for every name, phone number, address and
clear id of a person that was delivered. Clear ids of documents, such as order numbers, are meant to be there.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from dagster_project.companies import load_company
from dagster_project.ingest.contract import entities
from dagster_project.ingest.pseudonyms import Pseudonymiser
from dagster_project.ingest.store import all_parts
from tests.pipeline.conftest import EXAMPLE_COMPANIES
from tests.pipeline.world import World

RESTRICTED = ("landing", "raw", "work.duckdb")
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_WORD = re.compile(r"[A-Za-z0-9_@.+\-]+")
_DIGITS = re.compile(r"\d{6,}")
# A run of Chinese, with what names of places and companies carry besides: 绍兴市示例单位385.
_CHINESE = re.compile(r"[0-9A-Za-z()（）·-]*[\u4e00-\u9fff][0-9A-Za-z()（）·\u4e00-\u9fff-]*")
# Couples are one customer with two names.
_BETWEEN_NAMES = re.compile(r"[、，,/&\s]+")


@dataclass(frozen=True)
class Personal:
    """Every personal value delivered: words to look up whole, and Chinese text to look up in any sentence."""

    words: frozenset[str]
    chinese: frozenset[str]

    def found_in(self, text: str) -> set[str]:
        text = _ESCAPED.sub(lambda escape: chr(int(escape.group(1), 16)), text)
        words = {word.strip(".-") for word in _WORD.findall(text)} | set(_DIGITS.findall(text))
        found = words & self.words
        lengths = {len(value) for value in self.chinese}
        for run in set(_CHINESE.findall(text)):
            for length in lengths:
                found |= {run[i : i + length] for i in range(len(run) - length + 1)} & self.chinese
        return found


def _personal(world: World, company: str) -> Personal:
    """Direct identifiers, and the clear ids of customers, staff and other people, of both deliveries."""
    values: set[str] = set()
    raw = world.paths(company).raw
    with duckdb.connect() as connection:
        for part in all_parts(raw):
            for column in entities()[part.entity].columns.values():
                if column.name in part.columns and (column.identifier or column.pseudonym_domain):
                    query = f'select distinct "{column.name}"::varchar from read_parquet(?)'
                    rows = connection.execute(query, [str(part.parquet(raw))]).fetchall()
                    values |= {value for (value,) in rows if value is not None}
    # A single letter, such as 无 for none, is nobody.
    values = {name for value in values for name in _BETWEEN_NAMES.split(value) if len(name) > 1}
    chinese = {value for value in values if not value.isascii()}
    assert all(_CHINESE.fullmatch(value) for value in chinese), "some names cannot be looked for"
    return Personal(frozenset(values - chinese), frozenset(chinese))


@pytest.fixture(scope="module")
def personal(refreshed: World) -> dict[str, Personal]:
    found = {company: _personal(refreshed, company) for company in EXAMPLE_COMPANIES}
    for values in found.values():
        # The search is only worth something if it knows whom to look for.
        assert len(values.words) > 400
        assert len(values.chinese) > 400
    return found


def _texts(path: Path) -> Iterator[str]:
    """What a file says; the members of a workbook one by one."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as workbook:
            for name in workbook.namelist():
                yield workbook.read(name).decode("utf-8", errors="replace")
    else:
        yield path.read_bytes().decode("utf-8", errors="replace")


def _found_in_files(personal: Personal, files: list[Path]) -> dict[str, int]:
    """File -> how many personal values are in it; the values themselves belong into no test log."""
    return {
        path.name: len(found)
        for path in files
        if (found := set().union(*(personal.found_in(text) for text in _texts(path))))
    }


def test_the_search_finds_what_it_looks_for(personal: dict[str, Personal]) -> None:
    """A search that finds nothing anywhere passes every test."""
    for values in personal.values():
        word, name = min(values.words), min(values.chinese)
        assert values.found_in(f'{{"x": "{word}"}}') == {word}
        assert name in values.found_in(f"客户{name}未付款")
        assert name in values.found_in("".join(f"\\u{ord(letter):04x}" for letter in name))


@pytest.mark.parametrize("company", EXAMPLE_COMPANIES)
def test_marts_hold_no_personal_value(refreshed: World, personal: dict[str, Personal], company: str) -> None:
    """The file analysts get: every value of every column, not just those that look like text."""
    found = {}
    with refreshed.marts(company) as marts:
        columns = marts.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
        assert len(columns) > 100
        for schema, table, column in columns:
            rows = marts.execute(f'select distinct "{column}"::varchar from "{schema}"."{table}"').fetchall()
            values = personal[company].found_in("\n".join(value for (value,) in rows if value is not None))
            if values:
                found[f"{schema}.{table}.{column}"] = len(values)
    assert found == {}


@pytest.mark.parametrize("company", EXAMPLE_COMPANIES)
def test_reports_hold_no_personal_value(refreshed: World, personal: dict[str, Personal], company: str) -> None:
    """What goes to a buyer before signing: aggregates only, so not even pseudonyms; those are for the seller alone."""
    reports = [path for path in (refreshed.paths(company).current / "reports").rglob("*") if path.is_file()]
    assert reports
    assert _found_in_files(personal[company], reports) == {}
    pseudonym = re.compile(r"\b[csp]_[0-9a-f]{20}\b")
    buyers = [path for path in reports if path.parent.name != "seller"]
    assert len(buyers) < len(reports)
    assert [path.name for path in buyers if any(pseudonym.search(text) for text in _texts(path))] == []


@pytest.mark.parametrize("company", EXAMPLE_COMPANIES)
def test_logs_ledger_and_build_files_hold_no_personal_value(
    refreshed: World, personal: dict[str, Personal], company: str
) -> None:
    """dbt's logs and compiled SQL, the ledger, verdict and manifest: nobody thinks of them as personal data."""
    root = refreshed.paths(company).root
    files = [
        path
        for path in root.rglob("*")
        if path.is_file() and path.relative_to(root).parts[0] not in RESTRICTED and path.suffix != ".duckdb"
    ]
    names = {path.name for path in files}
    assert {"ledger.sqlite", "MANIFEST.json", "verdict.json", "dbt.log"} <= names
    assert _found_in_files(personal[company], files) == {}


def test_dagsters_event_log_holds_no_personal_value(refreshed: World, personal: dict[str, Personal]) -> None:
    """Metadata, check results and exceptions of every run of this session, the failed ones too, end here for good."""
    files = [path for path in refreshed.home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    for company in EXAMPLE_COMPANIES:
        assert _found_in_files(personal[company], files) == {}, company


@pytest.mark.parametrize("company", EXAMPLE_COMPANIES)
def test_check_results_hold_no_personal_value(refreshed: World, personal: dict[str, Personal], company: str) -> None:
    """Great Expectations likes to quote the values it did not expect."""
    with refreshed.work(company) as work:
        rows = work.execute("select * from evidence.expectation_results").fetchall()
    assert rows
    assert personal[company].found_in("\n".join(str(row) for row in rows)) == set()


@pytest.mark.parametrize("company", EXAMPLE_COMPANIES)
def test_the_key_is_in_no_file(refreshed: World, company: str) -> None:
    """Who finds the key in a log or in compiled SQL can undo every pseudonym."""
    key = Pseudonymiser.of(load_company(refreshed.settings, company), refreshed.settings)
    written = [form for secret in key.parameters().values() for form in (secret, secret.hex().encode())]
    folders = (refreshed.paths(company).root, refreshed.home)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert [path.name for path in files if any(form in path.read_bytes() for form in written)] == []
