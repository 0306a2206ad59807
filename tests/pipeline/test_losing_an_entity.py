"""What the score does when an entity was never delivered: the whole build again without it, not indicators alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.pipeline.losing import Total, delivered_entities, total, without
from tests.pipeline.world import World

# Of a width, from one set of draws to another.
MONTE_CARLO = 0.3
SAMPLE = {"anlan_safety": ["tickets"]}
EVERY = os.environ.get("BOOKWORTH_SLOW") == "1"


def losses(refreshed: World, company: str, folder: Path) -> tuple[Total, dict[str, Total]]:
    paths = refreshed.paths(company)
    names = delivered_entities(paths) if EVERY else SAMPLE[company]
    return total(paths.current / "marts.duckdb"), {name: without(paths, name, folder / name) for name in names}


@pytest.mark.parametrize("company", ["anlan_safety", "jinse_bridal"] if EVERY else ["anlan_safety"])
def test_an_entity_that_was_not_delivered_makes_nobody_surer(refreshed: World, company: str, tmp_path: Path) -> None:
    """A seller who holds a file back and gets a narrower interval for it, or a score that leaves the old interval while
    the evidence share stays as it was. `BOOKWORTH_SLOW=1` takes every entity of both companies, one after the other.
    """
    whole, lost = losses(refreshed, company, tmp_path)
    assert lost
    assert {name: found for name, found in lost.items() if found.width < whole.width - MONTE_CARLO} == {}
    silent = {
        name: found
        for name, found in lost.items()
        if not whole.low <= found.score <= whole.high and found.evidence_share > whole.evidence_share - 0.01
    }
    assert silent == {}
    assert EVERY or all(found.assessed < whole.assessed for found in lost.values())
