"""The pages of docs/ that are written from declarations."""

from __future__ import annotations

from dagster_project.settings import PROJECT_ROOT
from dagster_project.tools.doc_pages import COMMAND, render


def test_pages_say_what_is_declared() -> None:
    """A definition read in docs/ that differs from the one the figure was made by misleads whoever relies on it."""
    stale = [str(file.relative_to(PROJECT_ROOT)) for file, text in render().items() if file.read_text("utf-8") != text]
    assert stale == [], f"run {COMMAND}"
