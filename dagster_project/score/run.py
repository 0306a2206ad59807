"""The score of one build: read what dbt left, weigh, draw, and write what dbt goes on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dagster_project.score.agreement import Agreement, agreement
from dagster_project.score.book import Book, Indicator
from dagster_project.score.draws import draw
from dagster_project.score.information import Step, steps
from dagster_project.score.settings import ScoreSettings
from dagster_project.score.simulation import Interval, SourceShare, evaluate, intervals, source_shares
from dagster_project.score.tables import Inputs, Past, past_rows, read_inputs, score_rows, write_tables
from dagster_project.score.weights import Tree, weight_tree


@dataclass(frozen=True)
class Score:
    """All that Python has to say about the score of one book."""

    tree: Tree
    indicators: Sequence[Indicator]
    agreed: Agreement
    intervals: Sequence[Interval]
    sources: Sequence[SourceShare]
    steps: Sequence[Step]


def score_book(inputs: Inputs) -> Score:
    """Raises `ScoreError` if the judgements cannot be used."""
    settings = inputs.settings
    agreed = agreement(inputs.ratings, settings)
    indicators = [
        replace(
            weighed(each, agreed, inputs.evidence_shares, settings),
            flawed=inputs.flaws[each.code][1] if each.code in inputs.flaws else 0.0,
        )
        for each in inputs.indicators
    ]
    by_dimension = {
        dimension: [each.code for each in indicators if each.dimension == dimension]
        for dimension in sorted({each.dimension for each in indicators})
    }
    tree = weight_tree(inputs.pillars, by_dimension, inputs.judgements, settings.consistency_allowed)
    book = Book.of(indicators, tree)
    drawn = draw(book, settings, settings.draws, 0)
    simulated = evaluate(book, drawn, settings)
    return Score(
        tree=tree,
        indicators=indicators,
        agreed=agreed,
        intervals=intervals(book, drawn, simulated, settings),
        sources=source_shares(book, settings),
        steps=steps(book, drawn, simulated, inputs.documents, inputs.flaws, settings),
    )


def weighed(
    each: Indicator, agreed: Agreement, evidence_shares: Mapping[str, float], settings: ScoreSettings
) -> Indicator:
    """Ratings weigh less without evidence and where raters disagree."""
    if not each.is_rated:
        return each
    share = evidence_shares.get(each.code, 0.0)
    evidence = settings.no_evidence_factor + (1 - settings.no_evidence_factor) * share
    return replace(each, reliability=agreed.factor * evidence)


def write_score(work_db: Path, generation: int, history: Sequence[Past]) -> dict[str, int]:
    """Score the build in the work file, beside what went before; returns rows by table.

    `generation` is what the build would be published as. Where no indicator has goalposts there is nothing to score.
    """
    rows = past_rows(generation, history)
    inputs = read_inputs(work_db)
    if inputs.indicators:
        found = score_book(inputs)
        rows |= score_rows(found.tree, found.indicators, found.agreed, found.intervals, found.sources, found.steps)
    return write_tables(work_db, rows)
