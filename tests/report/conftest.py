from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dagster_project.report import build_reports
from tests.report.marts_file import company, full, write_marts
from tests.report.pages import Page


@pytest.fixture(scope="session")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of 200 with something in every table."""
    return write_marts(tmp_path_factory.mktemp("marts") / "marts.duckdb", full())


@pytest.fixture(scope="session")
def report(marts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the report of that book. Nothing may be changed in it."""
    out = tmp_path_factory.mktemp("reports")
    build_reports(marts, out, company(), "build-1")
    return out


@pytest.fixture(scope="session")
def texts(report: Path) -> Mapping[str, str]:
    """Every page by its path in the report."""
    return {str(f.relative_to(report)): f.read_text(encoding="utf-8") for f in sorted(report.rglob("*.html"))}


@pytest.fixture(scope="session")
def pages(texts: Mapping[str, str]) -> Mapping[str, Page]:
    return {name: Page(text) for name, text in texts.items()}


@pytest.fixture(scope="session")
def index(pages: Mapping[str, Page]) -> Page:
    return pages["index.html"]
