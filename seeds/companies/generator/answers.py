"""Survey scores with given shares, correlated across topics through one mood per respondent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .common import Array, Rng, frame, ids, normal_cut, where


def csat(feeling: Array, top2: float) -> Array:
    """1 to 5; 4 and 5 with probability top2. feeling is standard normal."""
    cuts = np.array([normal_cut(share) for share in (0.985, 0.95, top2, top2 * 0.55)])
    return 1 + (feeling[:, None] > cuts).sum(axis=1)


def nps(rng: Rng, feeling: Array, mix: Mapping[str, float]) -> Array:
    """0 to 10 with the given shares of promoters and passives."""
    promoter, passive = normal_cut(mix["promoter"]), normal_cut(mix["promoter"] + mix["passive"])
    n = len(feeling)
    low = where(feeling > passive, rng.randint(7, 9, n), rng.randint(1, 7, n))
    return where(feeling > promoter, rng.randint(9, 11, n), low)


def answered_surveys(
    rng: Rng,
    invites: pd.DataFrame,
    top2: Mapping[str, float],
    loadings: Mapping[str, float],
    nps_mix: Mapping[str, float],
) -> pd.DataFrame:
    """One row an invite and topic. invites: customer_id, method, invited_at, responded_at, in order of time."""
    n = len(invites)
    mood = rng.normal(size=n)
    parts = []
    for number, topic in enumerate(("nps", *top2), start=1):
        loading = loadings.get(topic, 0.8)
        feeling = loading * mood + np.sqrt(1 - loading**2) * rng.normal(size=n)
        score = nps(rng, feeling, nps_mix) if topic == "nps" else csat(feeling, top2[topic])
        parts.append(
            frame(
                number=number,
                invite_id=ids("Y", np.arange(1, n + 1), 5),
                customer_id=invites["customer_id"].to_numpy(),
                instrument="nps" if topic == "nps" else "csat",
                topic="overall" if topic == "nps" else topic,
                method=invites["method"].to_numpy(),
                invited_at=invites["invited_at"].to_numpy(),
                responded_at=invites["responded_at"].to_numpy(),
                score=pd.Series(where(invites["responded_at"].isna(), np.nan, score)).astype("Int64"),
            )
        )
    surveys = pd.concat(parts, ignore_index=True).sort_values(["invite_id", "number"]).reset_index(drop=True)
    surveys["response_id"] = surveys["invite_id"] + "-" + surveys["number"].astype(str)
    return surveys
