"""What both companies keep beside sales: care, team, privacy and management records, drawn from an `Office`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from . import fiction
from .common import (
    AS_OF,
    DELIVERIES,
    NAT,
    Array,
    Rng,
    Streams,
    add_days,
    at_hours,
    end_of_day,
    frame,
    ids,
    keep_until,
    look_up,
    money,
    pick,
    weekdays_of,
    where,
)
from .deliver import World, with_helpers
from .planting import enter_late, sample, strangers
from .staffing import Desks

END = end_of_day(AS_OF)
CARE_START = np.datetime64("2025-01-01")
USAGE_START = np.datetime64("2025-07-01")
LOG_START = np.datetime64("2025-01-01")
TRAINING_YEARS = (2023, 2024, 2025, 2026)
Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Office:
    """Shares are chances; a mix sums to 1; money in yuan. truth.json repeats what is drawn from."""

    care_teams: Mapping[str, float]  # who touches customers
    touches_a_year: Mapping[str, float]  # by tier of the customer's spend: high (top third), other
    touch_mix: Mapping[str, float]
    automated: Mapping[str, float]  # by kind
    touch_channels: Mapping[str, Mapping[str, float]]  # by kind
    touch_cost: Mapping[str, float]
    contact_roles: Mapping[str, float]  # chance that a customer has a contact in this role
    contact_left: float
    needs: Mapping[str, float]
    need_captured: float
    need_sources: Mapping[str, float]
    lead_need_captured: float
    loss_recorded: float
    loss_reasons: Mapping[str, float]
    loss_reason_known: float
    to_competitor: str  # the reason that names one
    competitors: Mapping[str, float]
    win_back_contacted: float
    trained: Mapping[str, Mapping[str, float]]  # topic -> team -> chance a year
    incentives: Mapping[str, str]  # team -> plan
    incentive_share: float
    login: float  # chance of a login a working day of someone with a seat
    works_weekends: bool
    consent: Mapping[str, float]  # purpose -> given
    withdrawn: Mapping[str, float]
    consent_evidence: Mapping[str, float]
    accesses_a_month: int
    access_mix: Mapping[str, float]
    export_approved: float
    # Tables written out: they hold few rows, and each tells something.
    channels: Rows  # channel, is_online
    competitor_rows: Rows  # name, market_share, segment, price_level, as_of
    incidents: Rows  # occurred_at, kind, records_affected, days to close or None, has a responsible, sanction
    controls: Rows  # control, status, reviewed_on or None, evidence
    market: Rows  # kind, industry, region, year, market_size or None, growth_rate, source, vintage
    targets: Rows  # indicator_code, target of the year before, target of this year
    initiatives: Rows  # objective, indicator_code, started_on, ended_on or None, budget, cost, status
    improvements: Rows  # opened_on, source, topic, done_on or None, indicator_code
    ratings: Mapping[str, float]  # indicator_code -> what the raters agree on, 1 to 5
    rating_notes: Sequence[str]
    claims: Rows  # statement, indicator_code, how much the claim is above the truth
    systems: Rows  # system, selected_on, seats, annual_cost, modules, needed, used


RATERS = 3
RATING_ROUNDS = ("2026-03-20", "2026-06-22")
RATER_SPREAD = 0.35


def add(streams: Streams, world: World, desks: Desks, o: Office, losses: pd.DataFrame) -> None:
    """Add the entities. losses: customer_id, lost_at, back_at (the order that brought them back, or NaT)."""
    customers = world["customers"][world["customers"]["_planted"].isin([None, "invalid_phone", "stale"])]
    customers = customers[customers["customer_id"] == customers["true_customer_id"]].reset_index(drop=True)
    lost = _losses(streams("lost_customers"), losses, o)
    made: World = {
        "channels": _table(o.channels, "channel is_online"),
        "activities": _activities(streams("activities"), customers, world["orders"], lost, desks, o),
        "contacts": _contacts(streams("contacts"), customers, o),
        "needs": _needs(streams("needs"), customers, world["leads"], o),
        "lost_customers": lost.drop(columns=["back_at", "contacted"]),
        "competitors": _dated(_table(o.competitor_rows, "name market_share segment price_level as_of"), "as_of"),
        "training": _training(streams("training"), desks.staff, o),
        "crm_usage": _usage(streams("crm_usage"), desks.staff, o),
        "consents": _consents(streams("consents given"), customers, o),
        "access_log": _accesses(streams("access_log"), desks, o),
        "security_incidents": _incidents(streams("security_incidents"), desks, o),
        "security_controls": _dated(_table(o.controls, "control status reviewed_on evidence"), "reviewed_on"),
        "market_reference": _market(o),
        "kpi_targets": _targets(o),
        "initiatives": _initiatives(streams("initiatives"), desks, o),
        "improvements": _improvements(o),
        "qualitative_ratings": _ratings(streams("qualitative_ratings"), desks.staff, o),
        "crm_systems": _systems(o),
    }
    world |= with_helpers(made)
    _plant(streams("planted office"), world)


def add_claims(world: World, o: Office, truths: Mapping[str, float]) -> None:
    """What the seller says of itself, some of it more than the records hold. truths: indicator_code -> value."""
    claims = _table(o.claims, "statement indicator_code inflation")
    value = [truths[code] for code in claims["indicator_code"]]
    claims["claimed_value"] = [
        float(f"{v * (1 + up):.3g}") if up else round(v, 4) for v, up in zip(value, claims["inflation"], strict=True)
    ]
    claims["claim_id"] = ids("CS", np.arange(1, len(claims) + 1), 2)
    claims["period_end"] = AS_OF.astype("datetime64[s]")
    made = with_helpers({"seller_claims": claims})["seller_claims"]
    made["_planted"] = where(claims["inflation"] > 0, "inflated_claim", None)
    world["seller_claims"] = made


def _plant(rng: Rng, world: World) -> None:
    activities, targets = world["activities"], world["kpi_targets"]
    stray = sample(rng, activities, 6).assign(customer_id=strangers("KX", 6), _planted="unknown_customer")
    stray["activity_id"] = ids("HX", len(activities) + 1 + np.arange(6), 6)
    world["activities"] = pd.concat([activities, stray], ignore_index=True)
    enter_late(rng, world["activities"], "occurred_at", 10)
    enter_late(rng, world["needs"], "recorded_at", 5)
    targets["_planted"] = where(targets["set_on"] > targets["period_start"], "set_late", None)


def _table(rows: Rows, columns: str) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split())


def _dated(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    for column in columns:
        table[column] = pd.to_datetime(table[column]).astype("datetime64[s]")
    return table


# Care


def _activities(
    rng: Rng, customers: pd.DataFrame, orders: pd.DataFrame, lost: pd.DataFrame, desks: Desks, o: Office
) -> pd.DataFrame:
    """Touches at random since CARE_START, and a call to most customers who were lost."""
    spend = (orders["gross_amount"] - orders["discount_amount"]).groupby(orders["customer_id"]).sum()
    spend = customers["customer_id"].map(spend).fillna(0).to_numpy()
    tier = where(spend > np.quantile(spend, 2 / 3), "high", "other")
    since = np.maximum(customers["created_at"].to_numpy().astype("datetime64[D]") + 3, CARE_START)
    days = np.maximum((AS_OF - since).astype(int), 0)
    of = np.repeat(np.arange(len(customers)), rng.poisson(look_up(o.touches_a_year, tier) * days / 365.25))
    n = len(of)
    kind = pick(rng, o.touch_mix, n)
    care = frame(
        customer_id=customers["customer_id"].to_numpy()[of],
        tier=tier[of],
        kind=kind,
        is_automated=rng.random_sample(n) < look_up({k: o.automated.get(k, 0.0) for k in o.touch_mix}, kind),
        occurred_at=at_hours(rng, since[of] + (days[of] * rng.random_sample(n)).astype(int), 9, 19),
        origin="care",
    )
    called = lost[lost["contacted"]]
    at = at_hours(rng, add_days(called["lost_at"].to_numpy(), rng.randint(7, 60, len(called))), 9, 19)
    back = called["back_at"].to_numpy()
    calls = frame(
        customer_id=called["customer_id"].to_numpy(),
        tier="other",
        kind="win_back",
        is_automated=False,
        occurred_at=where(np.isnat(back), at, np.minimum(at, back)),
        origin="win_back",
    )
    touches = pd.concat([care, calls[(calls["occurred_at"] <= END)]], ignore_index=True)
    touches = touches.sort_values(["occurred_at", "customer_id", "kind"]).reset_index(drop=True)
    n = len(touches)
    kinds, automated = touches["kind"].to_numpy(), touches["is_automated"].to_numpy()
    drawn = {k: pick(rng, mix, n) for k, mix in o.touch_channels.items()}
    touches["channel"] = np.select([kinds == k for k in drawn], list(drawn.values()), "电话")
    touches["channel"] = where(automated, "短信", touches["channel"])
    team = pick(rng, o.care_teams, n)
    moments = touches["occurred_at"].to_numpy()
    staff = np.select([team == t for t in o.care_teams], [desks.on_duty(rng, t, moments) for t in o.care_teams])
    touches["staff_id"] = where(automated, None, staff)
    touches["minutes"] = where(automated, 0, rng.gamma(2.0, 9.0, n).astype(int) + 3)
    cost = look_up({k: o.touch_cost.get(k, 0.0) for k in np.unique(kinds)}, kinds) * rng.uniform(0.7, 1.3, n)
    touches["cost"] = money(where(automated, 0.1, cost), 1)
    reached = pick(rng, {"已沟通": 0.58, "未接通": 0.22, "有意向": 0.12, "无意向": 0.08}, n)
    touches["outcome"] = where(automated, "已发送", reached)
    return touches.assign(activity_id=ids("HD", np.arange(1, n + 1), 6))


def _contacts(rng: Rng, customers: pd.DataFrame, o: Office) -> pd.DataFrame:
    parts = []
    for role, chance in o.contact_roles.items():
        chosen = customers[rng.random_sample(len(customers)) < chance]
        left = rng.random_sample(len(chosen)) < o.contact_left
        days = (AS_OF - chosen["created_at"].to_numpy().astype("datetime64[D]")).astype(int)
        gone = add_days(chosen["created_at"].to_numpy().astype("datetime64[D]"), (days * rng.random_sample(len(days))))
        parts.append(
            frame(
                customer_id=chosen["customer_id"].to_numpy(),
                role=role,
                known_at=chosen["created_at"].to_numpy(),
                left_on=where(left, gone, NAT),
            )
        )
    contacts = pd.concat(parts, ignore_index=True).sort_values(["known_at", "customer_id", "role"])
    contacts = contacts.reset_index(drop=True)
    return contacts.assign(
        contact_id=ids("LX", np.arange(1, len(contacts) + 1), 5), full_name=fiction.people(rng, len(contacts))
    )


def _needs(rng: Rng, customers: pd.DataFrame, leads: pd.DataFrame, o: Office) -> pd.DataFrame:
    """What customers asked for, and what open enquiries of the last year did."""
    told = customers[rng.random_sample(len(customers)) < o.need_captured]
    again = told[rng.random_sample(len(told)) < 0.25]
    asked = leads[leads["customer_id"].isna() & (leads["created_at"] >= AS_OF - 365) & leads["_planted"].isna()]
    asked = asked[rng.random_sample(len(asked)) < o.lead_need_captured]
    parts = [
        frame(customer_id=part["customer_id"].to_numpy(), lead_id=None, at=part["created_at"].to_numpy(), lag=lag)
        for part, lag in ((told, 0), (again, 40))
    ]
    parts.append(frame(customer_id=None, lead_id=asked["lead_id"].to_numpy(), at=asked["created_at"].to_numpy(), lag=0))
    needs = pd.concat(parts, ignore_index=True)
    n = len(needs)
    days = needs["lag"].to_numpy() + rng.randint(0, 20, n)
    needs["recorded_at"] = at_hours(rng, add_days(needs["at"].to_numpy().astype("datetime64[D]"), days + 1), 9, 19)
    needs["need"] = pick(rng, o.needs, n)
    needs["source"] = pick(rng, o.need_sources, n)
    needs = needs[needs["recorded_at"] <= END].drop_duplicates(["customer_id", "lead_id", "need", "recorded_at"])
    return needs.sort_values(["recorded_at", "need"]).reset_index(drop=True)


def _losses(rng: Rng, losses: pd.DataFrame, o: Office) -> pd.DataFrame:
    n = len(losses)
    recorded = (rng.random_sample(n) < o.loss_recorded) & (losses["lost_at"] <= END).to_numpy()
    reason = where(rng.random_sample(n) < o.loss_reason_known, pick(rng, o.loss_reasons, n), None)
    lost = losses.assign(
        reason=reason,
        competitor=where(reason == o.to_competitor, pick(rng, o.competitors, n), None),
        contacted=rng.random_sample(n) < o.win_back_contacted,
        won_back_at=keep_until(losses["back_at"].to_numpy(), AS_OF),
    )[recorded]
    return lost.sort_values(["lost_at", "customer_id"]).reset_index(drop=True)


# Team


def _training(rng: Rng, staff: pd.DataFrame, o: Office) -> pd.DataFrame:
    """At most one completion a year, topic and person, while employed for all of that year so far."""
    parts = []
    hired, left = (staff[c].to_numpy().astype("datetime64[D]") for c in ("hired_on", "left_on"))
    for year in TRAINING_YEARS:
        for topic, chances in o.trained.items():
            day = np.datetime64(f"{year}-02-10") + rng.randint(0, 280 if year < AS_OF.astype(object).year else 120)
            there = (hired <= day) & (np.isnat(left) | (left > day))
            chance = np.array([chances.get(team, 0.0) for team in staff["team"]])
            done = there & (rng.random_sample(len(staff)) < chance)
            parts.append(
                frame(
                    staff_id=staff.loc[done, "staff_id"].to_numpy(),
                    topic=topic,
                    completed_on=day.astype("datetime64[s]"),
                    hours=rng.randint(2, 9, done.sum()),
                    asked=there.sum(),
                )
            )
    return pd.concat(parts, ignore_index=True).sort_values(["completed_on", "topic", "staff_id"]).reset_index(drop=True)


def _usage(rng: Rng, staff: pd.DataFrame, o: Office) -> pd.DataFrame:
    days = np.arange(USAGE_START, AS_OF + 1)
    days = days if o.works_weekends else days[weekdays_of(days) < 5]
    seats = staff[staff["has_crm_seat"] & ~staff["is_owner"]]
    parts = []
    for person in seats.itertuples():
        mine = days[days >= np.datetime64(person.hired_on, "D")]
        mine = mine[mine < np.datetime64(person.left_on, "D")] if person.left_on is not pd.NaT else mine
        parts.append(frame(staff_id=person.staff_id, used_on=mine.astype("datetime64[s]")))
    usage = pd.concat(parts, ignore_index=True)
    n = len(usage)
    usage["there"] = n
    usage["records_created"] = rng.poisson(3.5, n)
    usage["records_updated"] = rng.poisson(8.0, n)
    usage["logins"] = 1 + rng.poisson(1.2, n)
    return usage[rng.random_sample(n) < o.login].sort_values(["used_on", "staff_id"]).reset_index(drop=True)


# Privacy


def _consents(rng: Rng, customers: pd.DataFrame, o: Office) -> pd.DataFrame:
    parts = []
    created = customers["created_at"].to_numpy()
    for purpose, share in o.consent.items():
        n = len(customers)
        given = rng.random_sample(n) < share
        granted = add_days(created, rng.randint(0, 3, n))
        room = np.maximum((END - granted).astype("timedelta64[D]").astype(int), 0)
        withdrawn = add_days(granted.astype("datetime64[D]"), (room * rng.random_sample(n)).astype(int) + 1)
        revokes = rng.random_sample(n) < o.withdrawn.get(purpose, 0.0)
        parts.append(
            frame(
                customer_id=customers["customer_id"],
                purpose=purpose,
                granted_at=granted.astype("datetime64[D]").astype("datetime64[s]"),
                withdrawn_at=keep_until(where(revokes, withdrawn, NAT), AS_OF),
                evidence=pick(rng, o.consent_evidence, n),
            )[given]
        )
    consents = pd.concat(parts, ignore_index=True)
    return consents[consents["granted_at"] <= END].sort_values(["granted_at", "customer_id", "purpose"])


def _accesses(rng: Rng, desks: Desks, o: Office) -> pd.DataFrame:
    span = int((AS_OF - LOG_START).astype(int)) + 1
    n = round(o.accesses_a_month * span / 30.4)
    at = at_hours(rng, LOG_START + np.sort(rng.randint(0, span, n)), 8, 20)
    action = pick(rng, o.access_mix, n)
    approved = rng.random_sample(n) < o.export_approved
    log = frame(
        occurred_at=at,
        staff_id=desks.on_duty(rng, next(iter(o.care_teams)), at),
        action=action,
        rows=where(action == "export", rng.randint(20, 900, n), rng.randint(1, 6, n)),
        is_approved=where(action == "view", None, where(action == "export", approved, True)),
    ).sort_values("occurred_at", kind="stable")
    return log.reset_index(drop=True).assign(event_id=ids("RZ", np.arange(1, n + 1), 6))


def _incidents(rng: Rng, desks: Desks, o: Office) -> pd.DataFrame:
    rows = _table(o.incidents, "occurred_at kind records_affected days named sanction")
    at = _dated(rows, "occurred_at")["occurred_at"].to_numpy()
    closed = where(rows["days"].isna(), NAT, add_days(at, rows["days"].fillna(0).to_numpy().astype(int)))
    return rows.assign(
        incident_id=ids("AQ", np.arange(1, len(rows) + 1), 3),
        closed_at=keep_until(closed, AS_OF),
        responsible_staff_id=where(rows["named"], desks.on_duty(rng, next(iter(o.care_teams)), at), None),
    )


# Management


def _market(o: Office) -> pd.DataFrame:
    market = _table(o.market, "kind industry region year market_size growth_rate source vintage")
    market["market_size"] = pd.Series([None if v is None else v * 100 for v in market["market_size"]], dtype="Int64")
    return market


def _targets(o: Office) -> pd.DataFrame:
    """Set a month before their year; the second target of this year two months into it."""
    rows = _table(o.targets, "indicator_code before now")
    parts = []
    for column, first in (("before", "2024-07-01"), ("now", "2025-07-01")):
        start = np.datetime64(first)
        late = np.where((rows.index == 1) & (column == "now"), 62, -30)
        parts.append(
            frame(
                indicator_code=rows["indicator_code"],
                period_start=start.astype("datetime64[s]"),
                period_end=(start + 364).astype("datetime64[s]"),
                target=rows[column],
                set_on=add_days(np.full(len(rows), start), late),
            )
        )
    return pd.concat(parts, ignore_index=True)


def _initiatives(rng: Rng, desks: Desks, o: Office) -> pd.DataFrame:
    rows = _table(o.initiatives, "objective indicator_code started_on ended_on budget cost status")
    rows = _dated(rows, "started_on", "ended_on")
    rows["owner_staff_id"] = desks.on_duty(rng, next(iter(o.care_teams)), rows["started_on"].to_numpy())
    for column in ("budget", "cost"):
        rows[column] *= 100
    return rows.assign(initiative_id=ids("JC", np.arange(1, len(rows) + 1), 3))


def initiative_status(initiatives: pd.DataFrame, on: np.datetime64) -> pd.DataFrame:
    """One that ends later still runs."""
    running = initiatives["ended_on"].isna()
    return initiatives.assign(status=initiatives["status"].where(~running, "running"))


def _improvements(o: Office) -> pd.DataFrame:
    rows = _table(o.improvements, "opened_on source topic done_on indicator_code")
    rows = _dated(rows, "opened_on", "done_on")
    return rows.assign(improvement_id=ids("GJ", np.arange(1, len(rows) + 1), 3))


def _ratings(rng: Rng, staff: pd.DataFrame, o: Office) -> pd.DataFrame:
    """Each rater rates each item in each round, around what they agree on."""
    there = staff[staff["left_on"].isna() & ~staff["is_owner"]]
    raters = there.groupby("team", sort=True).first()["staff_id"].to_numpy()[:RATERS]
    parts = []
    for day in RATING_ROUNDS:
        for rater in raters:
            lean = rng.normal(0, 0.15)
            agreed = np.array(list(o.ratings.values()))
            score = np.clip(np.round(agreed + lean + rng.normal(0, RATER_SPREAD, len(agreed))), 1, 5).astype(int)
            parts.append(
                frame(
                    rater_id=rater,
                    indicator_code=list(o.ratings),
                    score=score,
                    evidence=np.array(o.rating_notes, dtype=object)[rng.randint(0, len(o.rating_notes), len(agreed))],
                    rated_on=np.datetime64(day, "s"),
                )
            )
    return pd.concat(parts, ignore_index=True)


def _systems(o: Office) -> pd.DataFrame:
    rows = _table(o.systems, "system selected_on seats annual_cost modules modules_needed modules_used")
    rows["annual_cost"] *= 100
    return _dated(rows, "selected_on")


# Columns of what other entities hold


def answered_by(tickets: pd.DataFrame, improvements: pd.DataFrame) -> Array:
    """The improvement that adopted suggestions and complaints led to: the last one opened by then from that source."""
    result = np.full(len(tickets), None, dtype=object)
    for source in ("complaint", "suggestion"):
        own = improvements[improvements["source"] == source].sort_values("opened_on")
        at = np.searchsorted(own["opened_on"].to_numpy(), tickets["opened_at"].to_numpy(), side="right") - 1
        from_here = (tickets["kind"] == source) & (at >= 0)
        if source == "suggestion":
            from_here &= tickets["is_adopted"].eq(True)
        result = where(from_here, own["improvement_id"].to_numpy()[np.maximum(at, 0)], result)
    return result


def last_change(orders: pd.DataFrame) -> pd.DataFrame:
    """The newest moment a delivery shows of an order."""
    moments = orders[["booked_at", "fulfilled_at", "cancelled_at", "refunded_at"]]
    return orders.assign(updated_at=moments.max(axis=1))


def plant_seats(rng: Rng, world: World, o: Office) -> None:
    """Who leaves loses the seat, but for a few; and who is paid for results."""
    staff = world["staff"]
    left = staff.index[staff["has_crm_seat"] & (staff["left_on"] < DELIVERIES[0] - 60)]
    staff.loc[rng.permutation(left)[: max(1, round(0.05 * len(left)))], "_planted"] = "seat_after_leaving"
    plan = np.array([o.incentives.get(team, "") for team in staff["team"]], dtype=object)
    paid = (plan != "") & (rng.random_sample(len(staff)) < o.incentive_share)
    staff["incentive_plan"] = where(paid, plan, None)


def closed_seats(staff: pd.DataFrame, on: np.datetime64) -> pd.DataFrame:
    kept = staff["left_on"].isna() | (staff["_planted"] == "seat_after_leaving")
    return staff.assign(has_crm_seat=staff["has_crm_seat"] & kept)


def removed_contacts(rng: Rng, world: World, n: int = 4) -> list[str]:
    """Contacts deleted between the deliveries."""
    contacts = world["contacts"]
    old = contacts[(contacts["known_at"] < np.datetime64("2025-01-01")) & contacts["left_on"].isna()]
    return list(sample(rng, old, n)["contact_id"])


def wrong_costs(rng: Rng, world: World, n: int = 8) -> dict[str, object]:
    """Touches whose cost the first delivery had ten times too high."""
    touches = world["activities"]
    first = touches[(touches["occurred_at"] < DELIVERIES[0]) & touches["_planted"].isna() & touches["_known_on"].isna()]
    chosen = sample(rng, first[first["cost"] > 1_000], n)
    return dict(zip(chosen["activity_id"], chosen["cost"] * 10, strict=True))
