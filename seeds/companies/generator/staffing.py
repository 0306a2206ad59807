"""Desks and the people who sat at them: a leaver's desk goes to a successor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .common import AS_OF, FIRST_DAY, NAT, Array, Rng, where


class Team(NamedTuple):
    name: str
    role: str
    desks: int
    mean_stay: int  # days beyond the first four months
    annual_cost: int  # yuan
    has_crm_seat: bool


class Desks:
    """`staff` is the clean entity; `on_duty` draws who dealt with something on its day."""

    def __init__(self, rng: Rng, teams: Sequence[Team], owner_cost: int) -> None:
        rows: list[tuple[Any, ...]] = [
            ("S001", "老板", "管理", True, np.datetime64("2012-03-01"), NAT, True, owner_cost * 100)
        ]
        days = int((AS_OF - FIRST_DAY).astype(int)) + 1
        self._at: dict[str, Array] = {}
        for team in teams:
            at = self._at[team.name] = np.empty((days, team.desks), dtype=object)
            for desk in range(team.desks):
                hired, day = FIRST_DAY - int(rng.randint(30, 1500)), 0
                while day < days:
                    left = max(hired, FIRST_DAY) + int(120 + rng.exponential(team.mean_stay))
                    until = min(int((left - FIRST_DAY).astype(int)), days)
                    staff_id = f"S{len(rows) + 1:03d}"
                    at[day:until, desk] = staff_id
                    left_on = left if left <= AS_OF else NAT
                    cost = team.annual_cost * 100
                    rows.append((staff_id, team.role, team.name, False, hired, left_on, team.has_crm_seat, cost))
                    day, hired = until, left
        columns = ["staff_id", "role", "team", "is_owner", "hired_on", "left_on", "has_crm_seat", "annual_cost"]
        self.staff = pd.DataFrame(rows, columns=columns)
        for column in ("hired_on", "left_on"):
            self.staff[column] = self.staff[column].astype("datetime64[s]")

    def on_duty(self, rng: Rng, team: str, moments: Array) -> Array:
        at = self._at[team]
        day = np.clip((moments.astype("datetime64[D]") - FIRST_DAY).astype(int), 0, len(at) - 1)
        return at[day, rng.randint(0, at.shape[1], size=len(moments))]

    def handed_over(self, rng: Rng, team: str, staff_ids: Array, share: float) -> Array:
        """Today's owners: of leavers' accounts this share went to someone who is still there."""
        left = set(self.staff.loc[self.staff["left_on"].notna(), "staff_id"])
        today = np.full(len(staff_ids), AS_OF)
        moved = np.array([staff_id in left for staff_id in staff_ids]) & (rng.random_sample(len(staff_ids)) < share)
        return where(moved, self.on_duty(rng, team, today), staff_ids)
