"""Random streams, calendars and small drawing helpers shared by both companies."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SEED = 20260630
FIRST_DAY = np.datetime64("2021-07-01")
DELIVERIES = (np.datetime64("2026-03-31"), np.datetime64("2026-06-30"))
AS_OF = DELIVERIES[-1]

# First day of the Chinese New Year: trade all but stops around it.
CHINESE_NEW_YEARS = np.array(
    ["2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17"], dtype="datetime64[D]"
)

NAT = np.datetime64("NaT", "s")
Array = NDArray[Any]
Rng = np.random.RandomState


class Streams:
    """One independent stream per name, so that drawing a new entity leaves every other entity as it was.

    `RandomState` on purpose: its streams are frozen for good, those of `numpy.random.Generator` may change between
    releases.
    """

    def __init__(self, company: str) -> None:
        self.company = company

    def __call__(self, name: str) -> Rng:
        digest = hashlib.sha256(f"{SEED}/{self.company}/{name}".encode()).digest()
        return np.random.RandomState(int.from_bytes(digest[:4], "big"))


def end_of_day(day: np.datetime64) -> np.datetime64:
    return day.astype("datetime64[s]") + np.timedelta64(86_399, "s")


def day_weights(
    first: np.datetime64,
    last: np.datetime64,
    month_weights: Sequence[float],
    yearly_growth: float,
    weekend: float = 1.0,
    new_year: float = 1.0,
) -> Array:
    """Relative frequency of each day from first to last, summing to 1; new_year scales the days around the holiday."""
    days = np.arange(first, last + 1)
    weights = np.asarray(month_weights, dtype=float)[months_of(days) - 1]
    weights = weights * (1 + yearly_growth) ** ((days - first).astype(int) / 365.25)
    weights = np.where(weekdays_of(days) >= 5, weights * weekend, weights)
    for holiday in CHINESE_NEW_YEARS:
        weights = np.where((days >= holiday - 4) & (days <= holiday + 8), weights * new_year, weights)
    return weights / weights.sum()


def draw_days(rng: Rng, n: int, first: np.datetime64, weights: Array) -> Array:
    """n days by weight, in order of time."""
    return first + np.sort(np.searchsorted(np.cumsum(weights), rng.random_sample(n) * weights.sum()))


def at_hours(rng: Rng, days: Array, opens: int = 9, closes: int = 21) -> Array:
    """Days -> minutes within opening hours, as datetime64[s]."""
    minutes = rng.randint(opens * 60, closes * 60, size=len(days))
    return days.astype("datetime64[D]").astype("datetime64[s]") + (minutes * 60).astype("timedelta64[s]")


def months_of(days: Array) -> Array:
    return days.astype("datetime64[M]").astype(int) % 12 + 1


def weekdays_of(days: Array) -> Array:
    """Monday = 0."""
    return (days.astype("datetime64[D]").astype(int) + 3) % 7


def add_days(moments: Array, days: Array | int) -> Array:
    return moments.astype("datetime64[s]") + np.asarray(days).astype("timedelta64[D]").astype("timedelta64[s]")


def pick(rng: Rng, mix: Mapping[str, float], n: int) -> Array:
    """n keys of mix, each with its share (shares sum to 1)."""
    shares = np.cumsum(list(mix.values()))
    return np.array(list(mix), dtype=object)[np.searchsorted(shares / shares[-1], rng.random_sample(n), side="right")]


def look_up(mapping: Mapping[Any, Any], keys: Array) -> Array:
    """mapping[key] of each key; an unknown key raises."""
    known, position = np.unique(keys, return_inverse=True)
    return np.array([mapping[key] for key in known])[position]


def where(condition: Any, yes: Any, no: Any) -> Array:
    """`np.where`, whose type stubs know no None."""
    chosen: Array = np.where(condition, yes, no)
    return chosen


def ids(prefix: str, numbers: Array, width: int) -> Array:
    return np.array([f"{prefix}{number:0{width}d}" for number in numbers], dtype=object)


def money(yuan: Array, step: int = 10) -> Array:
    """Yuan -> fen, rounded to `step` yuan. Whole fen keep every sum exact."""
    return (np.round(yuan / step) * step * 100).astype("int64")


def normal_cut(share: float) -> float:
    """The standard normal value with this share above it."""
    return NormalDist().inv_cdf(1 - share)


def keep_until(moments: Array, last: np.datetime64) -> Array:
    """What has not happened by the end of `last` is not known: NaT."""
    return np.where(moments <= end_of_day(last), moments, np.datetime64("NaT"))


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)
