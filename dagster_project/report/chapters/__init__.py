"""The chapters of the page, in order. Each is a function of the report's data; adding one is an entry here."""

from __future__ import annotations

from collections.abc import Callable

from dagster_project.report.chapters.cohorts import cohorts
from dagster_project.report.chapters.coverage import coverage
from dagster_project.report.chapters.growth import growth
from dagster_project.report.chapters.indicators import indicators
from dagster_project.report.chapters.key_figures import key_figures
from dagster_project.report.chapters.method import method
from dagster_project.report.chapters.mix import mix
from dagster_project.report.chapters.quality import quality
from dagster_project.report.chapters.score import score
from dagster_project.report.content import Chapter
from dagster_project.report.data import ReportData

CHAPTERS: tuple[Callable[[ReportData], Chapter], ...] = (
    score,
    key_figures,
    growth,
    cohorts,
    mix,
    quality,
    coverage,
    indicators,
    method,
)
