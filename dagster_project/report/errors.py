"""What can go wrong while the report is made: `ReportError`, a mistake a user can mend."""

from __future__ import annotations

from dagster_project.companies import BookworthError


class ReportError(BookworthError):
    """The marts cannot be read, or the labels do not cover them."""
