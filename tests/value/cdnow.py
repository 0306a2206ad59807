"""CDNOW's published sample as tuples: read from the committed file, or made anew from the source where that is at hand.

The source (Fader and Hardie) is not committed; the tuples computed from it are: one row a customer, no ids.
`python -m tests.value.cdnow` writes the file.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from dagster_project.settings import PROJECT_ROOT
from dagster_project.value.newton import Floats

FILE = Path(__file__).parent / "data" / "cdnow_tuples.csv"
SOURCE = PROJECT_ROOT.parent / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"
CALIBRATED_TO = date(1997, 9, 30)
COLUMNS = ("frequency", "recency_days", "age_days", "repeat_mean_cents", "later_purchases")


@dataclass(frozen=True)
class Tuples:
    """Repeat purchases to September 1997, days since, mean of the repeat purchases, and purchases after it."""

    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    mean: Floats
    later: np.ndarray


def from_source() -> list[tuple[int, ...]]:
    """One row a customer, from the published transactions; several on a day are one purchase."""
    bought: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for line in SOURCE.read_text(encoding="ascii").splitlines():
        cells = line.split()
        if len(cells) == 5:
            day = date(int(cells[2][:4]), int(cells[2][4:6]), int(cells[2][6:]))
            bought[cells[0]][day] += float(cells[4])
    rows = []
    for days in bought.values():
        seen = sorted(day for day in days if day <= CALIBRATED_TO)
        x = len(seen) - 1
        mean = round(100 * sum(days[day] for day in seen[1:]) / x) if x else 0
        later = sum(day > CALIBRATED_TO for day in days)
        rows.append((x, (seen[-1] - seen[0]).days, (CALIBRATED_TO - seen[0]).days, mean, later))
    return sorted(rows)


def committed() -> list[tuple[int, ...]]:
    """The rows of the committed file."""
    with FILE.open(encoding="ascii", newline="") as file:
        reader = csv.reader(file)
        assert tuple(next(reader)) == COLUMNS
        return [tuple(map(int, row)) for row in reader]


def tuples() -> Tuples:
    """The committed file as arrays; money in dollars."""
    x, recency, age, cents, later = np.array(committed()).T
    return Tuples(x, recency, age, np.where(x > 0, cents / 100, np.nan), later)


if __name__ == "__main__":
    with FILE.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(from_source())
