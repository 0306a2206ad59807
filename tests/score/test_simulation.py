"""The simulation: published means, what moves a score and what does not, same bytes, and how long it takes."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dagster_project.score import ScoreError
from dagster_project.score.book import Book, Indicator
from dagster_project.score.draws import SOURCES, draw, still
from dagster_project.score.information import steps
from dagster_project.score.settings import ScoreSettings
from dagster_project.score.simulation import Interval, combine, evaluate, intervals, source_shares
from tests.score.books import book, indicator, pillars, settings, shipped_settings

DIMENSIONS = [name for names in pillars().values() for name in names]
FEW = {"draws": 2000, "sensitivity_draws": 512}


def total(subject: Book, chosen: ScoreSettings | None = None) -> float:
    """The score itself, without any doubt."""
    chosen = chosen or shipped_settings()
    return float(evaluate(subject, still(subject, chosen), chosen).total[0])


def total_interval(subject: Book, chosen: ScoreSettings) -> Interval:
    drawn = draw(subject, chosen, chosen.draws, 0)
    found = intervals(subject, drawn, evaluate(subject, drawn, chosen), chosen)
    return next(each for each in found if (each.level, each.variant) == ("total", "combined"))


def wide_book(size: int = 180) -> Book:
    """As many indicators as the catalogue will hold, of every kind."""
    kinds = [
        {"value": 0.4, "ci_low": 0.35, "ci_high": 0.5},
        {"value": 0.7, "successes": 70.0, "trials": 100.0, "flawed": 0.05},
        {"value": 3.0, "is_rated": True, "floor": 1.0, "target": 5.0, "ci_low": 2.5, "ci_high": 3.5},
        {"value": 30.0, "floor": 1.0, "target": 100.0, "is_log": True, "ci_low": 20.0, "ci_high": 50.0},
        {"value": 5.0, "target": 4.0, "sweet": 6.0, "cap": 10.0, "ci_low": 3.0, "ci_high": 8.0},
        {"value": None},
    ]
    return book(
        *(
            replace(indicator(f"i{place:03}", DIMENSIONS[place % 16], 0.0), **kinds[place % len(kinds)])  # type: ignore[arg-type]
            for place in range(size)
        )
    )


@pytest.mark.parametrize(("scores", "mean"), [((21, 1, 1, 1), 2.14), ((6, 6, 6, 6), 6)])
def test_the_handbooks_geometric_means(scores: tuple[float, ...], mean: float) -> None:
    """Strength that buys off weakness: the arithmetic mean of both rows is 6."""
    found = combine(np.array([scores], dtype=float), np.ones((1, 4)), np.zeros(1), settings(dimension_floor=0.001))
    assert found[0] == pytest.approx(mean, abs=5e-3)
    flat = combine(np.array([scores], dtype=float), np.ones((1, 4)), np.ones(1), settings(dimension_floor=0.001))
    assert flat[0] == pytest.approx(6)


def test_one_zero_does_not_erase_the_rest() -> None:
    """A geometric mean with a zero in it is zero, whatever else the book has."""
    subject = book(indicator("a", "scale", 0.0), indicator("b", "value", 1.0), indicator("c", "loyalty", 1.0))
    assert 10 < total(subject) < 100
    assert total(book(indicator("a", "scale", 0.0))) == pytest.approx(10)


indicators = st.builds(
    lambda value, spread, trials, lower, missing: {
        "value": None if missing else value,
        "ci_low": value - spread,
        "ci_high": value + spread,
        "successes": value * trials if trials and 0 <= value <= 1 else None,
        "trials": trials or None,
        "floor": 1.0 if lower else 0.0,
        "target": 0.0 if lower else 1.0,
    },
    value=st.floats(-0.2, 1.2),
    spread=st.floats(0, 0.3),
    trials=st.sampled_from([0.0, 10.0, 300.0]),
    lower=st.booleans(),
    missing=st.booleans(),
)


@given(st.lists(indicators, min_size=2, max_size=8), st.data())
@hypothesis_settings(max_examples=60, deadline=None)
def test_improving_one_indicator_never_lowers_the_score(raw: list[dict[str, float]], data: st.DataObject) -> None:
    """With monotone goalposts and weights held, better is never worse: neither the score nor its interval."""
    made = [
        replace(indicator(f"i{place}", DIMENSIONS[place % 5], 0.0), **each)  # type: ignore[arg-type]
        for place, each in enumerate(raw)
    ]
    place = data.draw(st.integers(0, len(made) - 1))
    before = made[place]
    if before.value is None:
        return
    step = data.draw(st.floats(0, 0.5)) * (1 if before.target > before.floor else -1)
    moved = replace(before, value=before.value + step, ci_low=before.ci_low + step, ci_high=before.ci_high + step)  # type: ignore[operator]
    if before.trials and moved.value is not None:
        moved = replace(moved, successes=moved.value * before.trials if 0 <= moved.value <= 1 else None)
        # From a share of counts to none, the kind of interval changes with it.
        if (moved.successes is None) != (before.successes is None):
            return
    better = [moved if at == place else each for at, each in enumerate(made)]
    assert total(book(*better)) >= total(book(*made)) - 1e-9
    held = settings(draws=400, weight_relative_sd=0.0)
    low, high = total_interval(book(*made), held), total_interval(book(*better), held)
    # A share of counts is drawn anew around another centre: equal up to Monte Carlo error.
    slack = 1.0 if before.successes is not None else 1e-9
    assert high.low >= low.low - slack
    assert high.high >= low.high - slack


@given(st.sampled_from([0.01, 7.1, 6.8e6]), st.booleans())
@hypothesis_settings(max_examples=12, deadline=None)
def test_scores_do_not_hang_on_units_or_currency(rate: float, is_log: bool) -> None:
    """A book assessed in yuan scores differently from the same book in cents."""

    def money(rate: float) -> Indicator:
        figures = {
            "value": 40.0,
            "ci_low": 30.0,
            "ci_high": 55.0,
            "floor": 10.0,
            "target": 100.0,
            "sweet": 120.0,
            "cap": 300.0,
        }
        scaled = {name: figure * rate for name, figure in figures.items()}
        return replace(indicator("m", "value", 0.0), is_log=is_log, **scaled)  # type: ignore[arg-type]

    one, other = (book(money(each), indicator("s", "scale", 0.5)) for each in (1.0, rate))
    assert total(other) == pytest.approx(total(one), rel=1e-9)
    found = [total_interval(each, settings(**FEW)) for each in (one, other)]
    assert (found[1].low, found[1].high) == pytest.approx((found[0].low, found[0].high), rel=1e-9)


def test_the_score_lies_in_its_interval_and_the_draws_centre_on_it() -> None:
    """An interval around something else than the score."""
    subject = wide_book()
    found = total_interval(subject, settings(draws=4000))
    assert found.low < total(subject) < found.high
    assert found.middle == pytest.approx(total(subject), abs=2)


def test_missing_evidence_widens_the_interval_and_leaves_the_others_draws_alone() -> None:
    """An indicator's draws that hang on which others there are make every difference between two builds noise."""
    known = [indicator(f"i{place}", "scale", 0.6, ci_low=0.5, ci_high=0.7) for place in range(4)]
    missing = [replace(known[0], value=None, ci_low=None, ci_high=None), *known[1:]]
    chosen = settings(**FEW)
    one, other = book(*known), book(*missing)
    assert total_interval(other, chosen).high - total_interval(other, chosen).low > (
        total_interval(one, chosen).high - total_interval(one, chosen).low
    )
    first, second = (draw(each, chosen, 100, 0) for each in (one, other))
    assert np.array_equal(first.values[:, 1:], second.values[:, 1:])
    assert np.array_equal(first.within, second.within)


def test_wrong_records_widen_the_interval_and_mending_them_undoes_it() -> None:
    """Cells that are wrong and cost nothing; or a plan that promises from mending more than the flaws took."""
    chosen = settings(**FEW)
    sound = book(*(indicator(f"i{place}", "scale", 0.6, ci_low=0.5, ci_high=0.7) for place in range(4)))
    flawed = book(*(replace(each, flawed=0.3) for each in sound.indicators))
    first, second = (total_interval(each, chosen) for each in (sound, flawed))
    assert second.high - second.low > first.high - first.low
    assert total(flawed) == total(sound)
    drawn = draw(flawed, chosen, chosen.draws, 0)
    flaws = {each.code: ("orders", 0.3) for each in flawed.indicators}
    mend = next(
        each
        for each in steps(flawed, drawn, evaluate(flawed, drawn, chosen), {}, flaws, chosen)
        if (each.kind, each.item) == ("mend", "orders")
    )
    assert mend.indicators == 4
    assert mend.width_after == pytest.approx(first.high - first.low, abs=0.2)


def test_each_source_alone_moves_the_total_and_nothing_else_does() -> None:
    """A source that is drawn and not used, or used where it was switched off."""
    subject = wide_book(36)
    found = {each.source: each for each in source_shares(subject, settings(**FEW))}
    assert list(found) == list(SOURCES)
    assert all(each.points_alone > 0 for each in found.values())
    assert 0.5 < sum(each.first_order for each in found.values()) < 1.2
    assert all(each.total_effect >= each.first_order - 0.1 for each in found.values())
    certain = book(indicator("a", "scale", 0.5), indicator("b", "value", 0.5))
    quiet = settings(**FEW, weight_relative_sd=0.0, goalpost_sd_judgement=0.0, compensation_range=0.0)
    assert [each.total_effect for each in source_shares(certain, quiet)] == [0.0] * len(SOURCES)


def test_the_largest_share_is_the_source_that_varies_most() -> None:
    """Shares given to the wrong source."""
    missing = book(*(indicator(f"i{place}", "scale", None if place else 0.5) for place in range(5)))
    shares = {each.source: each.first_order for each in source_shares(missing, settings(**FEW))}
    assert max(shares, key=shares.__getitem__) == "evidence"
    noisy = book(*(indicator(f"i{place}", "scale", 0.5, ci_low=0.0, ci_high=1.0) for place in range(3)))
    shares = {each.source: each.first_order for each in source_shares(noisy, settings(**FEW))}
    assert max(shares, key=shares.__getitem__) == "sampling"


def test_same_inputs_and_seed_give_the_same_bytes_and_another_seed_others() -> None:
    """Two refreshes of the same deliveries that differ in the third decimal cannot be told from a change."""

    def digest(chosen: ScoreSettings) -> str:
        subject = wide_book(60)
        simulated = evaluate(subject, draw(subject, chosen, chosen.draws, 0), chosen)
        return hashlib.sha256(simulated.total.tobytes() + simulated.dimensions.tobytes()).hexdigest()

    assert digest(settings(**FEW)) == digest(settings(**FEW)) != digest(settings(**FEW, seed=1))


def test_the_whole_simulation_takes_less_than_five_cpu_seconds() -> None:
    """A nightly refresh that waits for its score."""
    subject, chosen = wide_book(), shipped_settings()
    assert chosen.draws == 10_000
    source_shares(subject, settings(**FEW))  # imports are the process's, not the simulation's
    started = time.process_time()
    drawn = draw(subject, chosen, chosen.draws, 0)
    intervals(subject, drawn, evaluate(subject, drawn, chosen), chosen)
    source_shares(subject, chosen)
    assert time.process_time() - started < 5


def test_a_setting_nobody_knows_or_gave_is_refused() -> None:
    """A misspelt setting that silently stays as it was."""
    known = vars(shipped_settings())
    with pytest.raises(ScoreError, match="unknown weigth_sd"):
        ScoreSettings.read({**known, "weigth_sd": 1.0})
    with pytest.raises(ScoreError, match="missing seed"):
        ScoreSettings.read({name: value for name, value in known.items() if name != "seed"})
