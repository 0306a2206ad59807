"""What is still to come, by hand.

A fitted parameter has no second computation here: whether a fit is right is tested elsewhere, against published figures
and planted truth (tests/value, tests/pipeline/test_truth_value.py). So these figures take one thing from the project,
the parameters of the fits it chose (`predictions.model_fits`). The rest starts from the deliveries: who the customers
are, what is known of each at the date, and the formulas of the papers, written in another form than the project's.
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from book import PROJECT, Book, by_hand
from channels import cac
from loyalty import referrals
from scale import active, known_before
from scipy.special import betaln, expit, hyp2f1

MONTH = 365.25 / 12
# Parameters are kept to nine digits.
FITTED = 1e-6

# Booked by a contract: the renewals speak for it.
CONTRACTUAL = "({by_contract} and contract_id is not null and coalesce(order_kind, 'main') in ('main', 'renewal'))"


@dataclass(frozen=True)
class Date:
    """An assessment: today's, or the one a year before that the models were tried on."""

    run: str
    cut: date
    as_of: date


def dates(book: Book) -> dict[str, Date]:
    cuts = {
        "current": book.one("select cut from run"),
        "backtest": book.one("select cast(cut - interval 1 year as date) from run"),
    }
    return {run: Date(run, cut, cut - timedelta(days=1)) for run, cut in cuts.items()}


def assumptions(book: Book) -> dict[str, float]:
    """The documented assumptions, a trade's own before the one for any; the discount rate may be the company's."""
    with (PROJECT / "seeds" / "reference" / "value_assumptions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {
        row["assumption"]: float(row["value"])
        for profile in ("any", book.profile["profile"])
        for row in rows
        if row["profile"] == profile
    }
    own = book.one("select discount_rate from work.evidence.run_parameters where run = 'current'")
    return found if own is None else found | {"discount_rate": float(own)}


def fits(book: Book, when: Date) -> dict[str, tuple[str, dict[str, float]]]:
    """Component -> the chosen model and its parameters."""
    return {
        component: (model, json.loads(parameters))
        for component, model, parameters in book.rows(
            "select component, model, parameters from work.predictions.model_fits where is_chosen and run = ?", when.run
        )
    }


@dataclass
class Outlook:
    """Of one customer: orders of twelve months, value of the horizon, and the part of it that contracts bring."""

    orders: float = 0.0
    value: float = 0.0
    from_contracts: float = 0.0


def worth_today(rate: float, months: float) -> float:
    return (1 + rate) ** (-months / 12)


def buyers(book: Book, when: Date) -> list[tuple[str, int, int, int, float | None]]:
    """Whoever bought outside contracts: returns (days after the first), recency, age, mean margin of a return."""
    contractual = CONTRACTUAL.format(by_contract=book.profile["is_active_by_contract"])
    return book.rows(
        f"""
        with bought as (
            select person_id, ordered_on as day, true as is_order,
                coalesce(sold - cost_amount, sold * gross_margin) as margin
            from placed cross join run where person_id is not null and not {contractual}
            union all
            select person_id, refunded_on, false,
                -case when cost_amount is not null then refunded else refunded * gross_margin end
            from placed cross join run
            where person_id is not null and refunded != 0 and not {contractual}
        ),
        firsts as (select person_id, min(day) as first_on from bought where is_order group by person_id)
        select
            person_id,
            count(distinct day) filter (is_order) - 1 as returns,
            max(day) filter (is_order) - any_value(first_on) as recency,
            $as_of::date - any_value(first_on) as age,
            round((sum(margin) - sum(margin) filter (day = first_on))
                / nullif(count(distinct day) filter (is_order) - 1, 0), 2) as mean_margin
        from bought inner join firsts using (person_id)
        where day < $cut and first_on < $cut
        group by person_id
        """.replace("$as_of", f"'{when.as_of}'").replace("$cut", f"'{when.cut}'")
    )


def purchases(book: Book, when: Date, outlooks: dict[str, Outlook]) -> None:
    """Batislam et al. (2007) in closed form, with Fader and Hardie's margin of each customer (2013)."""
    chosen = fits(book, when)
    if "purchases" not in chosen:
        return
    model, fit = chosen["purchases"]
    assert model == "mbg_nbd", f"no hand computation for {model}"
    r, alpha, a, b = (fit[name] for name in ("r", "alpha", "a", "b"))
    spend, rate = chosen["margin"][1], assumptions(book)["discount_rate"]
    months = int(assumptions(book)["horizon_months"])
    steps = [*range(13), *range(24, months + 1, 12)]
    for person, x, recency, age, mean in buyers(book, when):
        there = 1 / (1 + a / (b + x) * ((alpha + age) / (alpha + recency)) ** (r + x))

        def reached(month: float, x: int = x, age: int = age, there: float = there) -> float:
            back = hyp2f1(r + x, a - 1, a + b + x, -month * MONTH / (alpha + age))
            return there * (a + b + x) / (a - 1) * (1 - float(back))

        known = x if mean is not None else 0
        margin = spend["p"] * (spend["gamma"] + known * float(mean or 0)) / (spend["p"] * known + spend["q"] - 1)
        outlook = outlooks[person]
        outlook.orders += reached(12)
        # Month by month in the first year, then year by year, each at its middle.
        for start, end in pairwise(steps):
            outlook.value += margin * (reached(end) - reached(start)) * worth_today(rate, (start + end) / 2)


def chain_place(contracts: list[dict[str, Any]]) -> None:
    """Counts in each chain of renewals how many came before a contract, and when it was followed."""
    by_id = {contract["contract_id"]: contract for contract in contracts}
    chains = defaultdict(list)
    for contract in contracts:
        head, seen = contract, set()
        while head["renews_contract_id"] in by_id and head["contract_id"] not in seen:
            seen.add(head["contract_id"])
            head = by_id[head["renews_contract_id"]]
        chains[head["contract_id"]].append(contract)
        renewed = by_id.get(contract["renews_contract_id"])
        if renewed is not None:
            renewed["followed_on"] = min(renewed["followed_on"] or contract["starts_on"], contract["starts_on"])
    for chain in chains.values():
        chain.sort(key=lambda contract: (contract["starts_on"], contract["contract_id"]))
        for place, contract in enumerate(chain):
            contract["before"] = place


def running_contracts(book: Book, when: Date) -> list[dict[str, Any]]:
    """Contracts with a term that run at the date: not followed by another yet, with the value agreed by then."""
    rows = book.connection.execute(
        """
        select contract_id, person_id, starts_on, ends_on, renews_contract_id, annual_value, gross_margin,
            assignment_clause, change_of_control_clause, null as followed_on, 0 as before,
            case when terminated_on < run.cut then terminated_on end as terminated_on
        from contracts_signed cross join run
        where ends_on >= starts_on and (terminated_on is null or terminated_on >= run.cut or terminated_on >= starts_on)
        """
    )
    names = [column[0] for column in rows.description]
    contracts = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    chain_place(contracts)
    agreed = {
        contract: (value, cost)
        for contract, value, cost in book.rows(
            "select contract_id, annual_value, annual_cost from contract_values"
            " where _removed_on is null and effective_on < ?"
            " qualify row_number() over (partition by contract_id order by effective_on desc) = 1",
            when.cut,
        )
    }
    booked = {
        contract
        for (contract,) in book.rows(
            "select contract_id from placed where contract_id is not null"
            " and coalesce(order_kind, 'main') in ('main', 'renewal')"
        )
    }
    running = []
    for contract in contracts:
        ends_on = contract["ends_on"]
        if contract["terminated_on"] is not None and contract["terminated_on"] < when.cut:
            ends_on = min(ends_on, contract["terminated_on"])
        is_followed = contract["followed_on"] is not None and contract["followed_on"] < when.cut
        if contract["starts_on"] >= when.cut or is_followed or ends_on < when.as_of:
            continue
        value, cost = agreed.get(contract["contract_id"], (contract["annual_value"], None))
        margin = value - cost if cost is not None else None
        if margin is None and contract["gross_margin"] is not None:
            margin = value * contract["gross_margin"]
        contract |= {
            "value": float(value),
            "margin": None if margin is None else float(margin),
            "days_left": (ends_on - when.as_of).days,
            "term": (contract["ends_on"] - contract["starts_on"]).days + 1,
            "is_booked": contract["contract_id"] in booked,
        }
        running.append(contract)
    return running


def renewals(book: Book, when: Date, outlooks: dict[str, Outlook]) -> None:
    """Fader and Hardie (2007): the chance to renew rises with every renewal. A booked term brings no more money."""
    chosen = fits(book, when)
    if "renewals" not in chosen:
        return
    alpha, beta = chosen["renewals"][1]["alpha"], chosen["renewals"][1]["beta"]
    settings = assumptions(book)
    rate, horizon = settings["discount_rate"], settings["horizon_months"]
    for contract in running_contracts(book, when):
        if contract["margin"] is None:
            continue
        outlook, value = outlooks[contract["person_id"]], 0.0
        left, term, booked = contract["days_left"] / MONTH, contract["term"] / MONTH, contract["is_booked"]
        of_term = contract["margin"] * contract["term"] / 365.25
        if not booked:
            running = min(left, horizon)
            value += contract["margin"] / 12 * running * worth_today(rate, running / 2)
        turn, start = 1, left
        while start < horizon:
            chance = math.exp(
                betaln(alpha, beta + contract["before"] + turn) - betaln(alpha, beta + contract["before"])
            )
            held = min(1.0, (horizon - start) / term)
            # A term that is paid as it runs is paid at its middle.
            middle = 0.0 if booked else contract["term"] / 365.25 * 6 * held
            value += chance * held * of_term * worth_today(rate, start + middle)
            outlook.orders += chance if start < 12 else 0.0
            turn, start = turn + 1, start + term
        outlook.value += value
        outlook.from_contracts += value


def hazard(
    book: Book, when: Date, component: str, started: list[tuple[str, int, int]], earned: float
) -> dict[str, Outlook]:
    """Singer and Willett (1993), month by month since each start: who, days since it, how often it happened."""
    fit, settings = fits(book, when)[component][1], assumptions(book)
    levels: dict[int, float] = {}
    for name, coefficient in fit.items():
        if name.startswith("month_"):
            ends = [int(part) for part in name.split("_")[1:]]
            levels |= dict.fromkeys(range(ends[0], ends[-1] + 1), coefficient)
    referred = {taker for _, taker, *_ in referrals(book)}
    outlooks = {}
    for person, days, happened in started:
        outlook, not_yet = Outlook(), 0.0 if happened else 1.0
        base = fit.get("is_referred", 0.0) * (person in referred)
        for ahead in range(int(settings["horizon_months"])):
            level = levels.get(math.floor(days / MONTH + 0.5) + ahead)
            if level is None:
                continue
            first = float(expit(level + base))
            again = float(expit(level + base + fit.get("had_before", 0.0)))
            coming = not_yet * first + (1 - not_yet) * again
            not_yet *= 1 - first
            outlook.orders += coming if ahead < 12 else 0.0
            outlook.value += earned * coming * worth_today(settings["discount_rate"], ahead + 0.5)
        outlooks[person] = outlook
    return outlooks


def follow_ons(book: Book, when: Date, outlooks: dict[str, Outlook]) -> None:
    """Since the wedding: maternity, baby and anniversary work, each at the mean margin of such work so far."""
    if "follow_on" not in fits(book, when):
        return
    found = book.rows(
        """
        with events as (
            select person_id, min(event_on) as event_on from placed
            where ordered_on < ?1 and coalesce(order_kind, 'main') = 'main' and person_id is not null
            group by person_id
        ),
        came as (
            select
                person_id,
                count(*) as orders,
                sum(sold - cost_amount - case when refunded_on < run.cut then refunded else 0 end) as margin
            from placed cross join run where order_kind = 'follow_on' and ordered_on < ?1 group by person_id
        )
        select person_id, ?2::date - event_on, coalesce(orders, 0), margin
        from events left join came using (person_id) where event_on is not null
        """,
        when.cut,
        when.as_of,
    )
    known = [(margin, orders) for *_, orders, margin in found if margin is not None]
    earned = float(sum(margin for margin, _ in known)) / sum(orders for _, orders in known)
    outlooks |= hazard(book, when, "follow_on", [row[:3] for row in found], earned)


def expected(book: Book, run: str = "current") -> dict[str, Outlook]:
    """Everybody with something to come, over all parts of the book he is in."""
    outlooks: dict[str, Outlook] = defaultdict(Outlook)
    for part in (purchases, renewals, follow_ons):
        part(book, dates(book)[run], outlooks)
    return outlooks


def assessed(book: Book) -> set[str]:
    """Whose value can be said: in a trade of one event who has a dated one, else who has no contract without end."""
    if "follow_on" in fits(book, dates(book)["current"]):
        return set(expected(book))
    endless = book.rows(
        "select person_id from contracts_signed, run where starts_on < cut and ends_on is null"
        " and not coalesce(terminated_on < cut, false)"
    )
    return known_before(book, 0) - {person for (person,) in endless}


@by_hand("clv_residual_mean", tolerance=FITTED)
def clv_residual_mean(book: Book) -> float:
    people, outlooks = assessed(book), expected(book)
    return sum(outlooks[person].value for person in people if person in outlooks) / len(people)


@by_hand("customer_equity", tolerance=FITTED)
def customer_equity(book: Book) -> float:
    people, outlooks = assessed(book), expected(book)
    return sum(outlooks[person].value for person in people if person in outlooks)


@by_hand("clv_referral_mean", tolerance=FITTED)
def clv_referral_mean(book: Book) -> float:
    """Whom a buyer will still bring, month by month since his first order, each at what such a first year earned."""
    when, brought_by = dates(book)["current"], defaultdict(set)
    first_orders = dict(
        book.rows("select person_id, min(ordered_on) from placed where person_id is not null group by person_id")
    )
    for giver, taker, *_ in referrals(book):
        if taker in first_orders:
            brought_by[taker].add(giver)
    credited = {taker: min(givers) for taker, givers in brought_by.items()}
    first_years = book.by(
        """
        with dated as (
            select person_id, orders, margin,
                datediff('month', date_trunc('month', day), date_trunc('month', as_of)) as month
            from money cross join run
        ),
        firsts as (select person_id, max(month) as month from dated where orders > 0 group by person_id)
        select dated.person_id, sum(dated.margin) from dated inner join firsts using (person_id)
        where firsts.month >= 12 and dated.month between firsts.month - 11 and firsts.month group by 1
        """
    )
    earned = [float(first_years[taker]) for taker in credited if taker in first_years]
    counts = Counter(credited.values())
    started = [(person, (when.as_of - day).days, counts[person]) for person, day in first_orders.items()]
    outlooks = hazard(book, when, "referral", started, sum(earned) / len(earned))
    return sum(outlook.value for outlook in outlooks.values()) / len(outlooks)


@by_hand("demand_forecast_12m", tolerance=FITTED)
def demand_forecast_12m(book: Book) -> float:
    """What is expected of those in the book, and newcomers as many orders as last year (days with an order)."""
    newcomers = book.one(
        "select count(distinct (person_id, ordered_on)) from placed, run where person_id in"
        " (select person_id from placed, run group by person_id having min(ordered_on) >= any_value(window_start))"
    )
    return sum(outlook.orders for outlook in expected(book).values()) + newcomers


@by_hand("churn_cost_12m", tolerance=FITTED)
def churn_cost_12m(book: Book) -> float:
    """What the models expected a year ago of those who left since, and a new customer in place of each."""
    lost, then = active(book, 1) - active(book, 0), expected(book, "backtest")
    return sum(then[person].value for person in lost if person in then) + len(lost) * cac(book)


def clause_survival(book: Book, structure: str) -> dict[str, float]:
    """Of each customer's running contracts, the part of their value that the clauses leave."""
    cuts = assumptions(book)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for contract in running_contracts(book, dates(book)["current"]):
        cut = cuts["cut_change_of_control_" + (contract["change_of_control_clause"] or "unknown")]
        if structure == "asset":
            cut = max(cut, cuts["cut_assignment_" + (contract["assignment_clause"] or "unknown")])
        sums[contract["person_id"]][0] += contract["value"] * (1 - cut)
        sums[contract["person_id"]][1] += contract["value"]
    return {person: left / whole for person, (left, whole) in sums.items() if whole}


@by_hand("transferable_revenue", tolerance=FITTED)
def transferable_revenue(book: Book) -> float:
    cuts, outlooks, people = assumptions(book), expected(book), assessed(book)
    structure = book.one("select deal_structure from work.evidence.run_parameters where run = 'current'")
    clauses = clause_survival(book, structure)
    consenting = {
        person
        for (person,) in book.rows(
            "select coalesce(people.person_id, consents.customer_id) from consents cross join run"
            " left join people on people.customer_id = consents.customer_id where purpose = 'transfer'"
            " and consents._removed_on is null and granted_at < cut and (withdrawn_at is null or withdrawn_at >= cut)"
        )
    }
    sellers = book.by(
        "select person_id, arg_max(sales_staff_id, (ordered_on, order_id)) from placed"
        " where sales_staff_id is not null and person_id is not null group by person_id"
    )
    staff = {
        member: (is_owner, is_gone)
        for member, is_owner, is_gone in book.rows(
            "select staff_id, coalesce(is_owner, false), coalesce(left_on < cut, false) from staff, run"
            " where _removed_on is null"
        )
    }
    ended = {
        p for (p,) in book.rows("select partner_id from partners, run where ends_on < as_of and _removed_on is null")
    }
    records = {
        row[0]: row[1:]
        for row in book.rows("select customer_id, customer_type, partner_id, owner_staff_id from records")
    }
    revenue = book.by(
        "select person_id, sum(revenue) from money, run where day >= window_start and day < cut"
        " and person_id is not null group by person_id having sum(revenue) > 0"
    )
    holders = {p: records.get(p, (None, None, None))[2] or sellers.get(p) for p in people}
    held: dict[str | None, float] = defaultdict(float)
    for person in people:
        held[holders[person]] += outlooks[person].value if person in outlooks else 0.0
    kept = whole = 0.0
    for person in people & set(revenue):
        kind, partner, _ = records.get(person, (None, None, None))
        holder, outlook = holders[person], outlooks.get(person, Outlook())
        is_owner, is_gone = staff.get(holder, (False, False))
        if holder is None or is_gone:
            holder_cut = cuts.get("cut_nobody", 0.0)
        elif is_owner:
            holder_cut = cuts["cut_company_owner"]
        else:
            is_key = held[holder] / sum(held.values()) >= cuts["key_holder_share"]
            holder_cut = cuts["cut_key_person" if is_key else "cut_staff"]
        partner_cut = 0.0 if partner is None else cuts["cut_partner_ended" if partner in ended else "cut_partner"]
        by_contract = outlook.from_contracts / outlook.value if outlook.value else 0.0
        needs_consent = structure == "asset" and (kind or "individual") == "individual" and person not in consenting
        survives = (
            (1 - by_contract * (1 - clauses.get(person, 1.0)))
            * (1 - cuts["cut_no_transfer_consent"] * needs_consent)
            * (1 - holder_cut)
            * (1 - partner_cut)
        )
        kept += float(revenue[person]) * survives
        whole += float(revenue[person])
    return kept / whole
