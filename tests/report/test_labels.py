"""That everything the report says it can say in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from dagster_project.ingest.contract import entities
from dagster_project.report import ReportError
from dagster_project.report.chapters import CHAPTERS
from dagster_project.report.content import Sentence, Text
from dagster_project.report.data import ReportData, read
from dagster_project.report.labels import Labels, load_labels
from dagster_project.report.tables import PUBLISHED, ROWS
from tests.report.marts_file import company, declared_tables, full, write_marts

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def labels() -> Labels:
    return load_labels()


@pytest.fixture(scope="module", params=["full", "empty"])
def data(request: pytest.FixtureRequest, labels: Labels, tmp_path_factory: pytest.TempPathFactory) -> ReportData:
    marts = tmp_path_factory.mktemp("marts") / "marts.duckdb"
    return read(write_marts(marts, full() if request.param == "full" else {}), company(), "b", labels, 5)


def _said(value: Any) -> Iterator[Sentence | Text]:
    if isinstance(value, Sentence | Text):
        yield value
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _said(getattr(value, field.name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from _said(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _said(each)


def test_sentences_say_the_same_in_both_languages(data: ReportData) -> None:
    """A figure left out of one language, or a placeholder that nothing fills, is found only by reading it."""
    sentences = [said for chapter in CHAPTERS for said in _said(chapter(data)) if isinstance(said, Sentence)]
    assert len(sentences) > 10
    for sentence in sentences:
        english, chinese = (set(re.findall(r"\{(\w+)\}", text)) for text in (sentence.en, sentence.zh))
        assert english == chinese, sentence
        assert english <= sentence.values.keys(), sentence
        assert not CHINESE.search(sentence.en), sentence
        assert CHINESE.search(sentence.zh) or english, sentence


def test_headings_are_in_both_languages(data: ReportData) -> None:
    """A heading shown in the other language is the first thing a reader sees."""
    for chapter in CHAPTERS:
        found = chapter(data)
        titles = [found.title, *(block.title for block in found.blocks if hasattr(block, "title"))]
        for title in titles:
            assert not CHINESE.search(title.en), title
            assert CHINESE.search(title.zh), title


def test_every_published_table_and_column_has_a_name(labels: Labels) -> None:
    """A column without a label would stop the report of every company."""
    for table, (_, columns) in PUBLISHED.items():
        assert labels("table", table)
        for column in columns:
            assert labels("column", column.name)


def test_every_aggregate_mart_is_published() -> None:
    """A new mart is either a page and a sheet, or said to hold rows that no report shows; not forgotten."""
    assert declared_tables().keys() <= PUBLISHED.keys() | ROWS
    assert not PUBLISHED.keys() & ROWS


def test_words_of_the_contract_are_known(labels: Labels) -> None:
    """An entity shown by its code in a Chinese page reads like an error."""
    for entity in entities():
        assert labels.known("entity", entity), entity
    for dimension in ("completeness", "accuracy", "freshness", "uniqueness", "validity", "consistency"):
        assert labels("quality_dimension", dimension)


def test_a_label_with_one_language_is_refused(tmp_path: Path) -> None:
    """An empty cell in the seed would show as an empty heading."""
    (tmp_path / "report_labels.csv").write_text("area,code,name_en,name_zh\ntable,x,Only English,\n", encoding="utf-8")
    with pytest.raises(ReportError, match="lacks name_zh"):
        load_labels(tmp_path)


def test_a_word_without_a_label_is_refused(labels: Labels) -> None:
    """A typing error in a column's name must not reach a reader as its code."""
    with pytest.raises(ReportError, match="no column 'custommers'"):
        labels("column", "custommers")
    assert labels.bucket("acquisition_channel", "小红书") == Text("小红书", "小红书")


@pytest.mark.parametrize(
    ("reason", "zh"),
    [
        ("needs 30 events, has 9", "需 30 个事件，仅有 9 个"),
        ("not admitted for this trade: The trade has no running contracts", "本行业不采用：该行业无持续合同"),
        ("in place of gamma_gamma: needs 20 customers, has 3", "代替 Gamma-Gamma：需 20 位客户，仅有 3 位"),
        ("the only model of this part; covariates: had_before, is_referred",
         "该部分的唯一模型；协变量：此前已有、由他人转介绍"),
        ("a parameter is at its limit (b 9e+05); the only usable model", "有参数触及边界（b 9e+05）；唯一可用模型"),
    ],
)  # fmt: skip
def test_a_model_gives_its_reason_in_both_languages(labels: Labels, reason: str, zh: str) -> None:
    """Why a model was not used is what a Chinese reader asks first; it stood there in English."""
    assert labels.or_verbatim("model_reason", reason).zh == zh


def test_every_reason_of_a_model_has_a_translation(labels: Labels) -> None:
    """A new reason in the value models shows in English on the Chinese page, and no run says so."""
    said = re.compile(r"""(?:reason=|reason = |return |why = )f?"([a-z][^"]{14,})\"""")
    folder = Path(__file__).parents[2] / "dagster_project" / "value"
    modules = ("assess", "fits", "purchases", "margins", "renewals", "hazards")
    found = [text for module in modules for text in said.findall((folder / f"{module}.py").read_text(encoding="utf-8"))]
    assert len(found) > 15
    for text in found:
        example = re.sub(r"\{[^{}]*\}", "7", text.replace("{fit.note}", "").replace("{name}", "customers"))
        translated = labels.or_verbatim("model_reason", example)
        assert CHINESE.search(translated.zh), text


def test_codes_are_spoken_by_their_names(labels: Labels) -> None:
    """`see follow_on_rate` tells a buyer nothing."""
    found = labels.spoken(Text("see follow_on_rate, needs orders.total_amount", "见follow_on_rate"))
    assert found.en == f"see “{labels.catalogue['follow_on_rate'].name.en}”, needs orders.total_amount"
    assert found.zh == f"见“{labels.catalogue['follow_on_rate'].name.zh}”"
    for entry in labels.catalogue.values():
        assert "`" not in entry.definition.en
