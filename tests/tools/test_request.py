"""`bookworth request`: the data-request list."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
import python_calamine

from dagster_project.companies import PROFILES, BookworthError
from dagster_project.ingest.contract import entities
from dagster_project.tools import words
from dagster_project.tools.request import write_request

COLUMNS = "Columns 列"


def _sheet(path: Path, name: str) -> list[dict[str, Any]]:
    rows = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python()
    return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]]


@pytest.fixture(scope="module")
def bridal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("request") / "request.xlsx"
    write_request("wedding_photography", path)
    return path


def test_every_column_of_the_contract_is_asked_for(bridal: Path) -> None:
    """What is not on the list is never delivered."""
    asked = [row["Code 代码"] for row in _sheet(bridal, COLUMNS)]
    assert asked == [f"{e.name}.{c}" for e in entities().values() for c in e.columns]
    assert [row["Code 代码"] for row in _sheet(bridal, "Files 表")] == list(entities())


def test_each_row_says_what_it_opens_and_what_is_private(bridal: Path) -> None:
    """A seller asked for phones without a reason delivers nothing."""
    rows = {row["Code 代码"]: row for row in _sheet(bridal, COLUMNS)}
    assert "required 必需" in rows["orders.order_id"]["Need 需求"]
    assert rows["orders.ordered_at"]["Sections 对应章节"]
    assert rows["orders.ordered_at"]["Indicators opened 支持指标数"] > 5
    assert "direct identifier" in rows["customers.phone"]["Privacy 隐私"]
    assert "pseudonym" in rows["orders.customer_id"]["Privacy 隐私"]
    assert rows["orders.gross_amount"]["Privacy 隐私"] == ""


def test_what_means_nothing_in_the_trade_is_no_reason(bridal: Path, tmp_path: Path) -> None:
    """A couple marries once: nobody needs records for a repeat rate there."""
    other = tmp_path / "other.xlsx"
    write_request("generic_b2c", other)
    needed = [" ".join(row["Indicators 指标"] for row in _sheet(path, COLUMNS)).split("; ") for path in (bridal, other)]
    assert not any(text.startswith("Repeat rate ") for text in needed[0])
    assert any("Repeat rate " in text for text in needed[1])


def test_the_same_request_has_the_same_bytes_and_no_formula(tmp_path: Path) -> None:
    """Two copies that differ make people compare them; a formula runs on the seller's machine."""
    one, two = tmp_path / "one.xlsx", tmp_path / "two.xlsx"
    for path in (one, two):
        write_request("generic_b2b", path)
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as book:
        sheets = [book.read(n).decode() for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
    assert not any("<f>" in sheet for sheet in sheets)
    assert sum('state="frozen"' in sheet and "<autoFilter" in sheet for sheet in sheets) == 2


def test_a_mistyped_profile_or_name_is_named(tmp_path: Path) -> None:
    """The list of another trade asks for the wrong things."""
    with pytest.raises(BookworthError, match="generic_b2c"):
        write_request("generic_b2", tmp_path / "x.xlsx")
    with pytest.raises(BookworthError, match="xlsx"):
        write_request(PROFILES[0], tmp_path / "x.csv")


def test_everything_has_a_name_in_both_languages() -> None:
    """A new column without a label would stop the request for everyone."""
    for entity in entities().values():
        label = words.entity_labels()[entity.name]
        assert all((label.en, label.zh, label.why_en, label.why_zh))
        for column in entity.columns:
            assert all((words.column_label(entity.name, column).en, words.column_label(entity.name, column).zh))
