"""What any page must be: the same each time, closed to the outside, escaped, readable in both languages."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest
from python_calamine import load_workbook

from dagster_project.report import build_reports
from dagster_project.report.marts import MARTS, SELLER
from dagster_project.report.numbers import raw
from dagster_project.report.queries import GRAINS, QUERIES, Grain, open_marts, rows_of, run, tables_in
from dagster_project.report.tables import ROWS
from tests.report.marts_file import FORMULA, SCRIPT, company, declared_tables, full, write_marts
from tests.report.pages import Page

THINGS = {"campaign_id", "claim_id", "initiative_id"}  # what is not a person may be named
MOST_BYTES = 6_000_000


def test_same_marts_give_the_same_bytes(marts: Path, report: Path, tmp_path: Path) -> None:
    """A generation cannot be verified by its checksums if its report differs each time it is made."""
    written = build_reports(marts, tmp_path, company(), "build-1")
    assert written == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    for path in written:
        assert path.read_bytes() == (report / path.relative_to(tmp_path)).read_bytes(), path.name


def test_a_page_of_a_table_that_is_gone_goes_too(marts: Path, tmp_path: Path) -> None:
    """A table page left from an earlier build would be published as if it belonged to this one."""
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "fct_old.html").write_text("old")
    build_reports(marts, tmp_path, company(), "build-1")
    assert not (tmp_path / "tables" / "fct_old.html").exists()


def test_a_page_is_small_enough_to_mail(texts: Mapping[str, str]) -> None:
    """The library is inlined once: a second copy, or a table of rows, would make the page too heavy for a phone."""
    for name, text in texts.items():
        assert len(text.encode()) < MOST_BYTES, name


def test_only_what_is_inlined_may_run(pages: Mapping[str, Page]) -> None:
    """A policy whose hashes miss a script leaves a dead page; one without hashes lets injected script run."""
    for name, page in pages.items():
        policies = [m for m in page.all("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy"]
        assert len(policies) == 1, name
        policy = dict(part.strip().split(" ", 1) for part in policies[0].attributes["content"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["base-uri"] == "'none'"
        assert "unsafe" not in str(policy)
        for directive, tag in (("script-src", "script"), ("style-src", "style")):
            inlined = [e for e in page.all(tag) if e.attributes.get("type") != "application/json"]
            assert inlined
            assert {_hash(element.text) for element in inlined} == set(policy[directive].split())


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def test_nothing_is_fetched(pages: Mapping[str, Page]) -> None:
    """An address in a page makes the reader's browser tell someone that the report was opened."""
    for name, page in pages.items():
        for element in page.elements:
            for attribute in ("src", "href", "srcset", "action", "data", "poster", "background", "xlink:href"):
                address = element.attributes.get(attribute, "")
                assert not re.match(r"\s*([a-z]+:|//)", address, re.I), f"{name}: {element.tag} {attribute}={address}"
            assert not [a for a in element.attributes if a.startswith("on") or a == "style"], f"{name}: {element.tag}"
        for style in page.all("style"):
            assert "@import" not in style.text
            assert "url(" not in style.text
        assert page.all("link") == page.all("iframe") == page.all("object") == []


def test_links_between_the_files_hold(report: Path, pages: Mapping[str, Page]) -> None:
    """A reader who follows a source finds the table, and one who follows the contents finds the chapter."""
    for name, page in pages.items():
        ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
        assert len(ids) == len(set(ids)), name
        for link in page.all("a"):
            target, _, anchor = link.attributes["href"].partition("#")
            if target:
                assert ((report / name).parent / target).is_file(), f"{name}: {target}"
            else:
                assert anchor in ids, f"{name}: #{anchor}"
        for element in page.elements:
            for reference in element.attributes.get("aria-labelledby", "").split():
                assert reference in ids, f"{name}: {reference}"


def test_delivered_names_stay_text(texts: Mapping[str, str], index: Page) -> None:
    """A region named like a script must be read, not run, in the markup, in JSON and in a chart's labels."""
    for name, text in texts.items():
        assert SCRIPT not in text, name
    cells = [e.text for e in index.all("th", scope="row")]
    assert SCRIPT in cells
    assert FORMULA in cells
    ticks = json.dumps(_figures(index)["chart-mix-region"])
    assert "&lt;script&gt;" in ticks
    assert "<script" not in ticks


def _figures(page: Page) -> dict[str, dict[str, dict[str, object]]]:
    found: dict[str, dict[str, dict[str, object]]] = json.loads(page.all("script", id_="figures")[0].text)
    return found


def test_a_company_name_is_escaped(tmp_path: Path) -> None:
    """The name of a company is typed by hand and may hold markup as well."""
    out = tmp_path / "out"
    build_reports(
        write_marts(tmp_path / "marts.duckdb", {}), out, company(name_en='A</title><b>"', name_zh="甲&乙"), "b<1>"
    )
    text = (out / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.all("b") == []
    assert page.all("title")[0].text == 'A</title><b>": customer book assessment'
    assert "b&lt;1&gt;" in text


def test_both_languages_say_everything(pages: Mapping[str, Page]) -> None:
    """A label with one language missing leaves a hole where the reader switches."""
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for name, page in pages.items():
        assert page.all("html")[0].attributes["lang"] == "en"
        title = page.all("title")[0]
        assert title.attributes["data-en"] and chinese.search(title.attributes["data-zh"])
        spans = [(e, e.children) for e in page.elements]
        for element, children in spans:
            shown = [c.attributes.get("class") for c in children if c.attributes.get("class") in ("en", "zh")]
            assert shown in ([], ["en", "zh"], ["en", "zh"] * (len(shown) // 2)), f"{name}: {element.tag} {shown}"
        for span in page.all("span"):
            if span.attributes.get("class") == "en":
                assert span.attributes["lang"] == "en"
                assert span.text.strip()
            if span.attributes.get("class") == "zh":
                assert span.attributes["lang"] == "zh-CN"
                assert span.text.strip()


def test_figures_differ_only_in_their_words(index: Page) -> None:
    """A chart that shows other numbers in the other language would contradict its own table."""

    def numbers(value: object) -> list[object]:
        if isinstance(value, dict):
            return [n for key in sorted(value) for n in numbers(value[key])]
        if isinstance(value, list):
            return [n for each in value for n in numbers(each)]
        return [] if isinstance(value, str) else [value]

    figures = _figures(index)
    assert {e.attributes["id"] for e in index.elements if e.has_class("chart")} == figures.keys()
    for name, figure in figures.items():
        assert figure.keys() == {"en", "zh"}
        assert numbers(figure["en"]) == numbers(figure["zh"]), name
        assert figure["en"] != figure["zh"], name


def test_every_chart_has_its_table_and_its_finding(index: Page) -> None:
    """A chart alone cannot be searched, copied or read aloud."""
    for figure in index.all("figure"):
        within = [e for e in index.elements if _is_within(e, figure)]
        assert [e for e in within if e.tag == "table"]
        assert [e for e in within if e.has_class("finding") and e.text.strip()]


def _is_within(element, outer) -> bool:  # type: ignore[no-untyped-def]
    above = element.parent
    while above is not None:
        if above is outer:
            return True
        above = above.parent
    return False


def test_tables_can_be_read_aloud(pages: Mapping[str, Page]) -> None:
    """Without caption and scope a screen reader reads loose figures."""
    for page in pages.values():
        for table in page.all("table"):
            assert table.children[0].tag == "caption"
            assert table.children[0].text.strip()
        for header in page.all("th"):
            assert header.attributes["scope"] in ("col", "row", "rowgroup")


def _in_the_marts(marts: Path, grain: Grain) -> dict[str, set[str]]:
    """`query.column` -> every value it has."""
    found: dict[str, set[str]] = {}
    with open_marts(marts) as connection:
        present = tables_in(connection)
        answers = {name: run(connection, name, present, grain) for name in QUERIES}
        answers |= {mart.query: rows_of(connection, mart.sql) for mart in SELLER}
    for name, rows in answers.items():
        for row in rows:
            for column, value in row.items():
                found.setdefault(f"{name}.{column}", set()).add(raw(value))
    return found


def test_every_figure_is_in_the_marts(marts: Path, pages: Mapping[str, Page]) -> None:
    """A number typed or computed on the way to the page cannot be traced by whoever must rely on it."""
    from dagster_project.report.data import read
    from dagster_project.report.labels import load_labels

    found = _in_the_marts(marts, read(marts, company(), "build-1", load_labels(), 5).grain)
    walked = 0
    for name, page in pages.items():
        for element in page.elements:
            origin = element.attributes.get("data-from")
            if origin is not None:
                value = element.attributes["value" if element.tag == "data" else "data-value"]
                assert value in found[origin], f"{name}: {origin} has no {value}"
                walked += 1
            elif element.tag == "td" and element.has_class("num") and re.search(r"\d", element.text):
                assert any(child.tag == "data" for child in element.children), f"{name}: {element.text}"
    assert walked > 300


def test_no_row_of_a_person_is_read(marts: Path, pages: Mapping[str, Page]) -> None:
    """What goes to a buyer before signing is aggregates only."""
    reading = {name: query.sql for name, query in QUERIES.items() if any(table in query.sql for table in ROWS)}
    # They count: who moved money, what was changed, who lies in a field of the map, who brought whom.
    assert reading.keys() == {"mix_contributors", "restatements", "rfm_map", "fct_referral_network"}
    with open_marts(marts) as connection:
        for name, query in QUERIES.items():
            grain = GRAINS[0].parameters if "$cohort" in query.sql else {}
            columns = {each[0] for each in connection.execute(query.sql, grain).description}
            assert not {each for each in columns if each.endswith("_id")} - THINGS, name
    for mart in MARTS:
        assert "customer_id" not in declared_tables().get(mart.table, {}) or "group by" in mart.select, mart.table
    shown = {
        element.attributes["data-from"].partition(".")[0]
        for name, page in pages.items()
        if not name.startswith("seller/")
        for element in page.elements
        if "data-from" in element.attributes
    }
    assert not shown & {"mix_contributors", *(mart.query for mart in SELLER)}


def test_what_is_the_sellers_own_says_that_it_is_personal(pages: Mapping[str, Page], report: Path) -> None:
    """Rows under pseudonyms are personal data; whoever opens the file must read that first, in either language."""
    text = pages["seller/index.html"].all("body")[0].text
    assert "Personal data." in text
    assert "个人信息" in text
    about = load_workbook(str(report / "seller" / "customers.xlsx")).get_sheet_by_index(0).to_python()
    assert any("Personal data / 个人信息" in row for row in about)
    for name, page in pages.items():
        if not name.startswith("seller/"):
            assert not [link for link in page.all("a") if "seller/" in link.attributes["href"]], name


@pytest.mark.parametrize(("key", "is_said"), [("demo", True), ("file", False)])
def test_the_demo_key_is_named(tmp_path: Path, key: str, is_said: bool) -> None:
    """A reader must not take pseudonyms under a public key for protection, nor doubt those under a real one."""
    build_reports(write_marts(tmp_path / "marts.duckdb", {}), tmp_path / "out", company(pseudonym_key=key), "b")
    assert ("public demo key" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")) is is_said


def test_the_score_is_shown_with_its_interval_and_what_it_rests_on(texts: Mapping[str, str]) -> None:
    """A score shown bare would be taken for a verdict."""
    assert "the score lies between" in texts["index.html"]
    assert "得分有九成可能介于" in texts["index.html"]


def test_why_something_is_missing_is_said(index: Page) -> None:
    """An indicator that drops out without a reason looks like one that was never meant."""
    text = " ".join(e.text for e in index.all("section"))
    for words in ("needs something.else (not delivered)", "缺少 something.else（未交付）", "Not here", "尚无"):
        assert words in text
    assert "Amounts are not negative: 18 of 900" in text


def test_order_of_rows_in_the_file_does_not_matter(tmp_path: Path, report: Path) -> None:
    """dbt writes rows in any order; a report that follows it changes without a change of figures."""
    turned = {table: list(reversed(rows)) for table, rows in full().items()}
    build_reports(write_marts(tmp_path / "marts.duckdb", turned), tmp_path / "out", company(), "build-1")
    assert (tmp_path / "out" / "index.html").read_bytes() == (report / "index.html").read_bytes()


def test_the_chart_library_is_the_one_the_figures_are_made_for() -> None:
    """An upgrade of the Python package alone would write figures for a library the page does not carry."""
    bundles = (
        files("plotly") / "package_data" / "plotly.min.js",
        files("dagster_project.report") / "vendor" / "plotly-basic.min.js",
    )
    versions = [re.search(r"plotly\.js[^\n]* v([\d.]+)", path.read_text(encoding="utf-8")[:200]) for path in bundles]
    assert versions[0] is not None and versions[1] is not None
    assert versions[0][1] == versions[1][1]
