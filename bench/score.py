"""How the score's intervals keep their promises: coverage where the truth is known, and what losing an entity does.

    python -m bench.score [WORK_DB ...]

Without work files only the coverage is simulated; with them (`warehouse/<company>/work.duckdb` after a refresh) every
entity is taken away in turn.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
from scipy.special import ndtr

from dagster_project.score.book import Book, Indicator
from dagster_project.score.draws import draw, still
from dagster_project.score.run import score_book
from dagster_project.score.settings import ScoreSettings
from dagster_project.score.simulation import dimension_scores, evaluate, indicator_scores
from dagster_project.score.tables import Inputs, read_inputs
from dagster_project.score.weights import weight_tree

DIMENSIONS = ("scale", "value", "satisfaction", "retention", "channels")
PILLARS = {"total_pillar": list(DIMENSIONS)}


@dataclass(frozen=True)
class World:
    """What is true: each indicator's figure, and how it is seen. `trials` is 0 for a mean with a normal error."""

    truths: np.ndarray
    trials: np.ndarray
    errors: np.ndarray
    missing: np.ndarray


def world(rng: np.random.Generator, size: int = 30) -> World:
    """Shares of 20 to 400 counts, means with errors of 2 to 10% of the scale; every fifth indicator is never seen."""
    return World(
        truths=rng.uniform(0.15, 0.85, size),
        trials=np.where(np.arange(size) % 3 == 0, 0, rng.integers(20, 400, size)),
        errors=rng.uniform(0.02, 0.1, size),
        missing=np.arange(size) % 5 == 4,
    )


def seen(place: int, subject: World, truth: float, rng: np.random.Generator) -> Indicator:
    """One indicator as the assessment sees it: drawn around the truth, with the interval it would publish."""
    plain = Indicator(
        code=f"i{place:02}", dimension=DIMENSIONS[place % 5], is_rated=False, value=None, ci_low=None, ci_high=None,
        successes=None, trials=None, floor=0.0, target=1.0, sweet=None, cap=None, is_log=False, is_sourced=False,
    )  # fmt: skip
    if subject.missing[place]:
        return plain
    trials = int(subject.trials[place])
    if trials:
        successes = float(rng.binomial(trials, truth))
        return replace(plain, value=successes / trials, successes=successes, trials=float(trials))
    error = float(subject.errors[place])
    value = float(rng.normal(truth, error))
    return replace(plain, value=value, ci_low=value - 1.96 * error, ci_high=value + 1.96 * error)


def coverage(rounds: int, settings: ScoreSettings, seed: int = 1) -> dict[str, float]:
    """Share of rounds in which the interval from sampling and missing evidence held the truth; the method is fixed."""
    held = replace(settings, weight_relative_sd=0.0, goalpost_sd_judgement=0.0, goalpost_sd_source=0.0,
                   compensation_range=0.0, draws=2000)  # fmt: skip
    rng = np.random.default_rng(seed)
    subject = world(rng)
    hits: dict[str, int] = {"total": 0, **dict.fromkeys(DIMENSIONS, 0)}
    judged = {"total": {}, "total_pillar": _alike(DIMENSIONS)}
    for _ in range(rounds):
        # What is never seen may be anything; within a dimension it goes together as the method says.
        common = {name: rng.standard_normal() for name in DIMENSIONS}
        rho = held.missing_correlation
        hidden = np.sin(np.pi / 2 * ndtr([
            np.sqrt(rho) * common[DIMENSIONS[place % 5]] + np.sqrt(1 - rho) * rng.standard_normal()
            for place in range(len(subject.truths))
        ])) ** 2  # fmt: skip
        truths = np.where(subject.missing, hidden, subject.truths)
        indicators = [seen(place, subject, float(truths[place]), rng) for place in range(len(truths))]
        by_dimension = {name: [each.code for each in indicators if each.dimension == name] for name in DIMENSIONS}
        tree = weight_tree(PILLARS, by_dimension, judged, 0.1)
        book, real = (
            Book.of(indicators, tree),
            Book.of([replace(each, value=float(truths[int(each.code[1:])])) for each in indicators], tree),
        )
        drawn = draw(book, replace(held, seed=int(rng.integers(1 << 30))), held.draws, 0)
        simulated = evaluate(book, drawn, held)
        truth = evaluate(real, still(real, held), held)
        tail = (1 - held.interval_share) / 2
        low, high = np.quantile(simulated.total, [tail, 1 - tail])
        hits["total"] += int(low <= truth.total[0] <= high)
        lows, highs = np.quantile(simulated.dimensions, [tail, 1 - tail], axis=0)
        for place, name in enumerate(book.dimensions):
            hits[name] += int(lows[place] <= truth.dimensions[0, place] <= highs[place])
    return {name: count / rounds for name, count in hits.items()}


def _alike(names: Sequence[str]) -> dict[tuple[str, str], str]:
    return {(a, b): "1" for place, a in enumerate(names) for b in names[place + 1 :]}


@dataclass(frozen=True)
class Loss:
    """What taking one entity away does to the total."""

    entity: str
    indicators: int
    score: float
    low: float
    high: float
    evidence_share: float


def without_entities(inputs: Inputs, needs: dict[str, dict[int, set[str]]]) -> list[Loss]:
    """The total as it is (entity empty), and after each entity in turn is taken away: what needs it is not assessed."""
    entities = sorted(
        {entity for alternatives in needs.values() for names in alternatives.values() for entity in names}
    )
    found = []
    for entity in ["", *entities]:
        lost = {
            code
            for code, alternatives in needs.items()
            if entity and alternatives and all(entity in names for names in alternatives.values())
        }
        kept = [
            replace(each, value=None, ci_low=None, ci_high=None, successes=None, trials=None)
            if each.code in lost
            else each
            for each in inputs.indicators
        ]
        changed = sum(each.value is not None and each.code in lost for each in inputs.indicators)
        ratings = [] if entity == "qualitative_ratings" else inputs.ratings
        done = score_book(replace(inputs, indicators=kept, ratings=ratings, documents={}, flaws={}))
        total = next(each for each in done.intervals if (each.level, each.variant) == ("total", "combined"))
        book = Book.of(done.indicators, done.tree)
        still_drawn = still(book, inputs.settings)
        share = dimension_scores(book, np.where(book.is_missing, 0.0, 1.0)[None, :], still_drawn.within)
        assert indicator_scores(book, still_drawn).shape == (1, len(kept))
        found.append(
            Loss(
                entity,
                changed,
                float(evaluate(book, still_drawn, inputs.settings).total[0]),
                total.low,
                total.high,
                float((share[0] * book.across).sum()),
            )
        )
    return found


def read_needs(work_db: Path) -> dict[str, dict[int, set[str]]]:
    """Indicator -> alternative whose columns were all delivered -> entities it takes."""
    with duckdb.connect(str(work_db), read_only=True) as connection:
        rows = connection.execute(
            """
            select needed.indicator_code, needed.alternative, list(distinct needed.entity)
            from reference.indicator_inputs as needed
            left join evidence.inputs as inputs
                on needed.entity = inputs.entity and needed.column_name = inputs.column_name
            group by all
            having min(coalesce(inputs.delivered and inputs.non_null_count > 0, false))
            """
        ).fetchall()
    needs: dict[str, dict[int, set[str]]] = {}
    for code, alternative, entities in rows:
        needs.setdefault(code, {})[int(alternative)] = set(entities)
    return needs


def main(arguments: Sequence[str]) -> None:
    import csv

    from dagster_project.settings import REFERENCE_DIR

    with (REFERENCE_DIR / "score_settings.csv").open(encoding="utf-8", newline="") as file:
        settings = ScoreSettings.read({row["setting"]: float(row["value"]) for row in csv.DictReader(file)})
    started = time.process_time()
    print("coverage of the 90% interval, 1,000 rounds")
    for name, share in coverage(1000, settings).items():
        print(f"  {name:<14} {share:.1%}")
    print(f"  {time.process_time() - started:.0f} CPU-seconds")
    for argument in arguments:
        work_db = Path(argument)
        inputs = read_inputs(work_db)
        started = time.process_time()
        score_book(inputs)
        print(f"\n{work_db}: {len(inputs.indicators)} indicators, {time.process_time() - started:.1f} CPU-seconds")
        whole, *losses = without_entities(inputs, read_needs(work_db))
        print(f"  {'as delivered':<22} {whole.score:5.1f} [{whole.low:.1f}, {whole.high:.1f}]")
        for loss in losses:
            if loss.indicators:
                narrower = (whole.high - whole.low) - (loss.high - loss.low)
                outside = "" if whole.low <= loss.score <= whole.high else "  outside"
                print(
                    f"  less {loss.entity:<17} {loss.score:5.1f} [{loss.low:.1f}, {loss.high:.1f}]"
                    f"  {loss.indicators} indicators, {loss.evidence_share:.0%} assessed"
                    f"{f'  NARROWER by {narrower:.2f}' if narrower > 0 else ''}{outside}"
                )


if __name__ == "__main__":
    main(sys.argv[1:])
