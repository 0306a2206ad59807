"""The settings of the score, as `seeds/reference/score_settings.csv` gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from dagster_project.score import ScoreError


@dataclass(frozen=True)
class ScoreSettings:
    """What each means is said beside it in the seed."""

    draws: int
    sensitivity_draws: int
    seed: int
    interval_share: float
    weight_relative_sd: float
    goalpost_sd_judgement: float
    goalpost_sd_source: float
    compensation_range: float
    dimension_floor: float
    missing_middle: float
    missing_correlation: float
    consistency_allowed: float
    rated_items_needed: int
    few_items_factor: float
    agreement_needed: float
    least_agreement_factor: float
    no_evidence_factor: float
    weak_below: float
    strong_from: float
    grade_evidence_needed: float
    claim_tolerance: float
    plan_least_points: float

    @classmethod
    def read(cls, values: Mapping[str, float]) -> ScoreSettings:
        """Raises `ScoreError` for a setting that is missing or unknown: none is guessed."""
        known = {field.name: field.type for field in fields(cls)}
        missing, unknown = sorted(known.keys() - values.keys()), sorted(values.keys() - known.keys())
        if missing or unknown:
            raise ScoreError(
                f"score_settings.csv: missing {', '.join(missing) or 'none'}; unknown {', '.join(unknown) or 'none'}"
            )
        typed: dict[str, Any] = {
            name: int(values[name]) if kind == "int" else float(values[name]) for name, kind in known.items()
        }
        return cls(**typed)
