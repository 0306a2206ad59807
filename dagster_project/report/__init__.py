"""Marts -> a self-contained bilingual report, table pages and a workbook; aggregates only. No Dagster here."""

from dagster_project.report.build import build_reports
from dagster_project.report.errors import ReportError

__all__ = ["ReportError", "build_reports"]
