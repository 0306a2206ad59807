"""Figures -> scores 0-100 on a line through goalposts: the macro `goalpost_score` of dbt, for many draws at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Below any figure that a logarithm is asked of.
_SMALLEST = 1e-12


@dataclass(frozen=True)
class Goalposts:
    """One entry per indicator. `sweet` and `cap` are NaN where there is no too much; `is_log`: on the logarithm."""

    floor: Floats
    target: Floats
    sweet: Floats
    cap: Floats
    is_log: npt.NDArray[np.bool_]

    @property
    def placed(self) -> Goalposts:
        """The same on the scale that the line is straight on."""
        floor, target, sweet, cap = (
            _position(values, self.is_log) for values in (self.floor, self.target, self.sweet, self.cap)
        )
        return Goalposts(floor, target, sweet, cap, self.is_log)


def normalise(values: Floats, posts: Goalposts, floor_shift: Floats, target_shift: Floats) -> Floats:
    """0 at the floor, 100 from the target on; with a cap, 100 up to the sweet end and 0 again at the cap.

    A floor above the target means lower is better. Shifts are in the distance from floor to target; the sweet end and
    the cap move with the target.
    """
    placed = posts.placed
    span = placed.target - placed.floor
    floor, moved = placed.floor + floor_shift * span, target_shift * span
    position = _position(values, posts.is_log)
    score = (position - floor) / (placed.target + moved - floor)
    capped = ~np.isnan(placed.cap)
    if capped.any():
        cap, sweet = placed.cap + moved, np.where(np.isnan(placed.sweet), placed.target, placed.sweet) + moved
        with np.errstate(invalid="ignore"):
            fall = np.where(capped, (cap - position) / (cap - sweet), np.inf)
        score = np.minimum(score, fall)
    return np.clip(100 * score, 0, 100)


def _position(values: Floats, is_log: npt.NDArray[np.bool_]) -> Floats:
    if not is_log.any():
        return values
    return np.where(is_log, np.log(np.maximum(values, _SMALLEST)), values)
