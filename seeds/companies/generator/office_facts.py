"""Parameters and expected results of the office records."""

from __future__ import annotations

import pandas as pd

from .common import AS_OF, end_of_day
from .deliver import World
from .office import RATER_SPREAD, Office
from .truth import WINDOW_START, Facts, counts, fact, rate


def parameters(clean: World, o: Office) -> Facts:
    """What the office records were drawn from. clean: without planted records."""
    touches = clean["activities"]
    care = touches[touches["origin"] == "care"]
    lost, log = clean["lost_customers"], clean["access_log"]
    usage, exports = clean["crm_usage"], log[log["action"] == "export"]
    own = clean["customers"]
    own = own[own["customer_id"] == own["true_customer_id"]]
    n = len(own)
    consents, contacts = (clean[e][clean[e]["customer_id"].isin(own["customer_id"])] for e in ("consents", "contacts"))
    needs = clean["needs"]
    told = needs.loc[needs["customer_id"].notna() & needs["lag"].eq(0), "customer_id"]
    # A need is written down within three weeks of the record.
    settled = own[own["created_at"] <= AS_OF - 22]
    return {
        "touches_a_year": fact("touches a year since 2025 by tier of spend, high is the top third", o.touches_a_year),
        "touch_mix": {
            k: rate("share of touches by kind, win-back calls aside", p, care["kind"].eq(k).sum(), len(care))
            for k, p in o.touch_mix.items()
        },
        "touch_automated": {
            k: rate(
                "automated, of the touches of the kind",
                p,
                (care["kind"].eq(k) & care["is_automated"]).sum(),
                care["kind"].eq(k).sum(),
            )
            for k, p in o.automated.items()
        },
        "contact_known": {
            role: rate("customers with a contact in the role", p, contacts["role"].eq(role).sum(), n)
            for role, p in o.contact_roles.items()
        },
        "need_captured": rate(
            "customers of more than 21 days with a need of their own on record",
            o.need_captured,
            settled["customer_id"].isin(told).sum(),
            len(settled),
        ),
        "loss_reason_known": rate(
            "losses on record with a reason", o.loss_reason_known, lost["reason"].notna().sum(), len(lost)
        ),
        "loss_reasons": {
            r: rate("share of the known reasons", p, lost["reason"].eq(r).sum(), lost["reason"].notna().sum())
            for r, p in o.loss_reasons.items()
        },
        "login_rate": rate(
            "working days since 2025-07 on which someone with a seat used the system",
            o.login,
            len(usage),
            int(usage["there"].iloc[0]),
        ),
        "consent_given": {
            p: rate("customers who gave consent", share, consents["purpose"].eq(p).sum(), n)
            for p, share in o.consent.items()
        },
        "consent_withdrawn": {
            p: rate(
                "consents withdrawn by as_of, of those given",
                share,
                (consents["purpose"].eq(p) & consents["withdrawn_at"].notna()).sum(),
                consents["purpose"].eq(p).sum(),
            )
            for p, share in o.withdrawn.items()
        },
        "access_mix": {
            a: rate("share of access events by action", p, log["action"].eq(a).sum(), len(log))
            for a, p in o.access_mix.items()
        },
        "export_approved": rate(
            "exports that were approved", o.export_approved, exports["is_approved"].eq(True).sum(), len(exports)
        ),
        "incentive_share": rate(
            "staff of teams with a plan who are on it",
            o.incentive_share,
            clean["staff"]["incentive_plan"].notna().sum(),
            clean["staff"]["team"].isin(list(o.incentives)).sum(),
        ),
        "trained_a_year": fact("chance of a completion a year by topic and team", o.trained),
        "ratings_agreed": fact(f"what the raters agree on; they differ with sd {RATER_SPREAD}", o.ratings),
        "claims_inflated": fact(
            "how much each claim is above the truth, as a share", {code: up for _, code, up in o.claims}
        ),
    }


def expected(records: World) -> Facts:
    touches, consents, log = records["activities"], records["consents"], records["access_log"]
    customers = records["customers"].set_index("customer_id")["true_customer_id"]
    touches = touches.assign(survivor=touches["customer_id"].map(customers))
    human = touches[
        touches["is_automated"].eq(False)
        & (touches["occurred_at"] > end_of_day(AS_OF) - pd.Timedelta(days=180))
        & touches["survivor"].notna()
    ]
    live = consents[~consents["_removed"] & consents["withdrawn_at"].isna()]
    exports = log[log["action"].eq("export") & (log["occurred_at"] >= WINDOW_START)]
    incidents, training, staff = records["security_incidents"], records["training"], records["staff"]
    there = staff[staff["left_on"].isna()]
    trained = training[training["completed_on"] >= WINDOW_START]
    recent = incidents[incidents["occurred_at"] >= WINDOW_START]
    lost, improvements, ratings = (records[e] for e in ("lost_customers", "improvements", "qualitative_ratings"))
    controls, targets, usage = records["security_controls"], records["kpi_targets"], records["crm_usage"]
    used = usage.loc[usage["used_on"] > AS_OF - 90, "staff_id"]
    needs = records["needs"]
    return {
        "customers_touched_180d": fact(
            "known customers with a touch by a person in the 180 days that end at as_of, after merges",
            int(human["survivor"].nunique()),
        ),
        "activities_by_kind": fact("loaded touches by kind", counts(touches["kind"])),
        "activities_unknown_customer": fact(
            "loaded touches whose customer_id is not in customers", int(touches["survivor"].isna().sum())
        ),
        "customers_with_need": fact(
            "customers with a need of their own on record", int(needs["customer_id"].nunique())
        ),
        "lost_by_reason": fact("losses on record by reason", counts(lost["reason"].dropna())),
        "lost_won_back": fact(
            "losses on record, those without a reason, and those won back by as_of",
            {
                "lost": len(lost),
                "no_reason": int(lost["reason"].isna().sum()),
                "won_back": int(lost["won_back_at"].notna().sum()),
            },
        ),
        "consents_live": fact(
            "consents in force at as_of by purpose: granted, not withdrawn, in the last snapshot",
            counts(live["purpose"]),
        ),
        "exports_12m": fact(
            "exports of the window, and those of them not approved",
            {"exports": len(exports), "unapproved": int(exports["is_approved"].eq(False).sum())},
        ),
        "incidents_12m": fact(
            "incidents of the window, those with a named responsible, and those open at as_of",
            {
                "incidents": len(recent),
                "with_responsible": int(recent["responsible_staff_id"].notna().sum()),
                "open": int(recent["closed_at"].isna().sum()),
            },
        ),
        "controls_by_status": fact("security controls by status", counts(controls["status"])),
        "controls_reviewed_12m": fact(
            "controls in place and reviewed in the window",
            int((controls["status"].eq("in_place") & (controls["reviewed_on"] >= WINDOW_START)).sum()),
        ),
        "staff_there": fact("staff at as_of", len(there)),
        "staff_left_12m": fact("staff who left in the window", int((staff["left_on"] >= WINDOW_START).sum())),
        "staff_trained_12m": fact(
            "staff at as_of who completed a training in the window, by topic",
            {
                topic: int(there["staff_id"].isin(own["staff_id"]).sum())
                for topic, own in trained.groupby("topic", sort=True)
            },
        ),
        "crm_users_90d": fact(
            "staff at as_of who used the system in the 90 days that end at as_of, and those with a seat",
            {"active": int(there["staff_id"].isin(used).sum()), "seats": int(there["has_crm_seat"].sum())},
        ),
        "improvements_done": fact(
            "improvements, and those done by as_of",
            {"opened": len(improvements), "done": int(improvements["done_on"].notna().sum())},
        ),
        "targets_set_before": fact(
            "targets, and those set before their period began",
            {"targets": len(targets), "before": int((targets["set_on"] < targets["period_start"]).sum())},
        ),
        "ratings_latest": fact(
            "mean score of the last round by item, over the raters",
            {
                code: round(float(own["score"].mean()), 4)
                for code, own in ratings[ratings["rated_on"] == ratings["rated_on"].max()].groupby(
                    "indicator_code", sort=True
                )
            },
        ),
        "raters": fact("raters of the loaded ratings", int(ratings["rater_id"].nunique())),
        "seller_claims": fact(
            "claims by indicator",
            dict(zip(*(records["seller_claims"][c] for c in ("indicator_code", "claimed_value")), strict=True)),
        ),
        "initiatives_by_status": fact("initiatives by status at as_of", counts(records["initiatives"]["status"])),
        "market_reference_rows": fact("loaded market rows by kind", counts(records["market_reference"]["kind"])),
    }
