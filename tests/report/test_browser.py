"""The report in a real browser, at a desk and on a phone: what a reader touches works, and nothing leaves the page.

Skipped where no Chromium is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dagster_project.report.pdf import browser, print_page

pytestmark = pytest.mark.skipif(browser() is None, reason="no Chromium is installed, so no page can be opened")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install -e '.[dev]')")

WIDTHS = (1280, 390)
INTERACTIVE_MS = 2000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(browser()), args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


class Opened:
    """A page with everything it complained of and asked for."""

    def __init__(self, chromium: Any, path: Path, width: int, language: str = "en", **options: Any) -> None:
        self.page = chromium.new_page(viewport={"width": width, "height": 900}, **options)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.address = path.resolve().as_uri()
        self.page.goto(f"{self.address}?lang={language}")

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def drawn(self, language: str) -> None:
        """Wait until the charts stand in this language."""
        self.page.wait_for_selector(f'html[data-charts="{language}"]', state="attached", timeout=60_000)


@pytest.fixture(params=WIDTHS)
def opened(request: pytest.FixtureRequest, chromium: Any, report: Path) -> Iterator[Opened]:
    found = Opened(chromium, report / "index.html", request.param)
    found.drawn("en")
    yield found
    assert found.complaints == []
    assert [url for url in found.requests if not url.startswith(found.address)] == []
    found.page.close()


def test_the_language_switch_changes_words_and_charts(opened: Opened) -> None:
    """A switch that leaves charts or the title behind gives a page in two languages at once."""
    page = opened.page
    heading = page.locator("h2#scale")
    assert "Scale and growth" in heading.inner_text()
    page.get_by_role("button", name="中文").click()
    opened.drawn("zh")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert "规模与增长" in heading.inner_text()
    assert "报告" in page.title()
    text = page.locator("#chart-census-bridge svg").first.text_content()
    assert "期初" in text
    assert "Opening" not in text
    page.get_by_role("button", name="English").click()
    opened.drawn("en")
    assert "Opening" in page.locator("#chart-census-bridge svg").first.text_content()


def test_a_table_is_sorted_and_searched(opened: Opened) -> None:
    """Sorted as text 1,000 comes before 9; a search that misses what is folded away finds nothing."""
    page = opened.page
    table = page.locator("#scale-indicators")
    column = table.locator("thead th").nth(1)
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "ascending"
    values = table.locator("tbody tr td:nth-child(2)").evaluate_all(
        "cells => cells.map(c => c.dataset.value).filter(v => v !== undefined).map(Number)"
    )
    assert values == sorted(values)
    assert len(values) > 1
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "descending"


def test_a_published_table_is_searched(chromium: Any, report: Path) -> None:
    """A reader looks for one indicator among hundreds of rows."""
    found = Opened(chromium, report / "tables" / "fct_indicators.html", WIDTHS[0])
    rows = found.page.locator("tbody tr:visible")
    every = rows.count()
    found.page.get_by_label("Search this table").fill("csat_top2")
    assert 0 < rows.count() < every
    assert found.page.locator("output").inner_text() == f"{rows.count()} rows"
    assert found.complaints == []
    found.page.close()


def test_no_page_is_wider_than_the_screen(chromium: Any, report: Path) -> None:
    """On a phone a page that scrolls sideways hides the ends of its sentences; wide tables scroll within."""
    for path in ("index.html", "tables/fct_indicators.html"):
        for language in ("en", "zh"):
            found = Opened(chromium, report / path, WIDTHS[1], language)
            if path == "index.html":
                found.drawn(language)
            assert found.page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[1], (path, language)
            found.page.close()


def test_charts_are_drawn_within_their_frames(opened: Opened) -> None:
    """A label outside the drawing is cut off, and an empty frame looks like a failure."""
    outside = opened.page.evaluate(
        """() => [...document.querySelectorAll('.chart')].flatMap(holder => {
            const svg = holder.querySelector('svg.main-svg');
            if (!svg) { return [holder.id + ' is empty']; }
            const frame = svg.getBoundingClientRect();
            return [...holder.querySelectorAll('text')].filter(text => {
                const box = text.getBoundingClientRect();
                return box.width > 0 && (box.left < frame.left - 2 || box.right > frame.right + 2
                    || box.top < frame.top - 2 || box.bottom > frame.bottom + 2);
            }).map(text => holder.id + ': ' + text.textContent);
        })"""
    )
    assert outside == []


def test_the_page_answers_within_two_seconds(chromium: Any, report: Path) -> None:
    """A heavy library must not keep the reader from the text; charts follow one by one."""
    found = Opened(chromium, report / "index.html", WIDTHS[0])
    times = found.page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    assert times["domInteractive"] < INTERACTIVE_MS
    found.page.close()


def test_nothing_serious_is_wrong_for_a_screen_reader(chromium: Any, report: Path) -> None:
    """Contrast, names and roles are what a reader with a screen reader or weak sight depends on."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    for path in ("index.html", "tables/fct_indicators.html"):
        for language in ("en", "zh"):
            found = Opened(chromium, report / path, WIDTHS[0], language, bypass_csp=True)
            if path == "index.html":
                found.drawn(language)
            faults = axe.Axe().run(found.page).response["violations"]
            assert [
                (fault["id"], fault["nodes"][0]["html"])
                for fault in faults
                if fault["impact"] in ("serious", "critical")
            ] == [], (path, language)
            found.page.close()


def test_a_pdf_is_printed_the_same_each_time(report: Path, tmp_path: Path) -> None:
    """A PDF that carries the hour of its making differs from build to build."""
    chromium = browser()
    assert chromium is not None
    page = report / "tables" / "fct_overall_score.html"
    written = [tmp_path / f"{at}.pdf" for at in range(2)]
    assert all(print_page(chromium, page, path, "zh") for path in written)
    assert written[0].read_bytes()[:5] == b"%PDF-"
    assert written[0].read_bytes() == written[1].read_bytes()
