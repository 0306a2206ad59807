"""Parameters and expected results of the safety company, from its clean records."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import office_facts
from ..common import AS_OF, FIRST_DAY, end_of_day
from ..deliver import World
from ..truth import WINDOW_START, Facts, counts, fact, nulls, rate, real_customers, resolved_orders, survey_rates, yuan
from . import settings as s
from .office import CHANGE_MEAN, CHANGE_SD, CHANGED_MIDWAY, OFFICE

END = end_of_day(AS_OF)


def parameters(world: World) -> Facts:
    """What the records were drawn from, each with what the clean records show of it."""
    clean = {entity: records[records["_planted"].isna()] for entity, records in world.items()}
    customers, leads, orders = clean["customers"], clean["leads"], clean["orders"]
    quoted = leads[leads["quoted_at"].notna() & (leads["created_at"] <= AS_OF - 151)]
    lost = leads[leads["lost_at"].notna() & leads["customer_id"].notna()]
    projects = orders[~orders["is_service"]]
    trained = projects["order_id"].isin(clean["order_lines"].query("product_id == 'S02'")["order_id"])
    settled = projects[projects["ordered_at"] <= AS_OF - 80]
    tickets = clean["tickets"]
    closed = tickets[tickets["resolved_at"].notna() & (tickets["due_at"] <= AS_OF - 30)]
    surveys = clean["survey_responses"]
    answered = surveys[surveys["score"].notna()]
    nps = answered[answered["instrument"] == "nps"]["score"]
    invites = surveys[surveys["instrument"] == "nps"]
    csat = answered[answered["instrument"] == "csat"]
    return office_facts.parameters(clean, OFFICE) | {
        "contract_changed_midway": _changed_midway(clean["contracts"], clean["contract_values"]),
        "contract_change": fact("mean and sd of a change of value while a contract runs", [CHANGE_MEAN, CHANGE_SD]),
        "customer_type_mix": {
            k: rate(
                "share of customers by type, the five largest aside",
                p,
                (customers["customer_type"][s.LARGEST :] == k).sum(),
                len(customers) - s.LARGEST,
            )
            for k, p in s.TYPE_MIX.items()
        },
        "null_industry": rate(
            "customers without an industry", s.NULL_INDUSTRY, customers["industry"].isna().sum(), len(customers)
        ),
        "win_rate": {
            name: rate(
                "won of decided, quoted leads created at least 151 days before as_of",
                s.WIN_RATE[tender],
                (quoted["is_tender"].eq(tender) & quoted["converted_at"].notna()).sum(),
                quoted["is_tender"].eq(tender).sum(),
            )
            for name, tender in (("tender", True), ("direct", False))
        },
        "lost_reasons": {
            r: rate("share of lost quoted leads by reason", p, (lost["lost_reason"] == r).sum(), len(lost))
            for r, p in s.LOST_REASONS.items()
        },
        "service_attach_rate": rate("equipment orders with training", s.SERVICE_ATTACH, trained.sum(), len(projects)),
        "cancel_rate": rate(
            "equipment orders cancelled", s.CANCEL_RATE, settled["cancelled_at"].notna().sum(), len(settled)
        ),
        "paid_on_time": _paid_on_time(clean["invoices"]),
        "late_days_median": {
            k: fact("median days after due_on of invoices paid late", v.late_days) for k, v in s.KINDS.items()
        },
        "payment_terms_days": {k: fact("days from issue to due", v.payment_terms) for k, v in s.KINDS.items()},
        "renewal": _renewals(clean["contracts"]),
        "sla_attainment": {
            p: rate(
                "resolved by due_at, of resolved tickets, by priority",
                in_time,
                (closed["priority"].eq(p) & (closed["resolved_at"] <= closed["due_at"])).sum(),
                closed["priority"].eq(p).sum(),
            )
            for p, (_, _, in_time) in s.PRIORITIES.items()
        },
        "ticket_priorities": {
            p: rate("share of tickets by priority", share, tickets["priority"].eq(p).sum(), len(tickets))
            for p, (share, _, _) in s.PRIORITIES.items()
        },
        "csat_top2": {
            t: rate(
                "answers of 4 or 5", p, (csat["topic"].eq(t) & (csat["score"] >= 4)).sum(), csat["topic"].eq(t).sum()
            )
            for t, p in s.CSAT_TOP2.items()
        },
        **survey_rates(nps, invites, s.NPS_MIX, s.SURVEY_ANSWERED),
        "tickets_per_contract_year": {
            k: fact("tickets of the kind a year of a running contract", v)
            for k, v in s.TICKETS_PER_CONTRACT_YEAR.items()
        },
        "decision_month_weights": fact("relative decisions by month, January first", s.DECISION_MONTHS),
        "channel_mix": fact("share of customers by channel; individuals come by 官网", s.CHANNEL_MIX),
        "city_mix": fact("share of customers by city, GB/T 2260", s.CITY_MIX),
        "price_rise": fact(
            "mean and sd of the change of a contract's value at renewal", [s.PRICE_RISE_MEAN, s.PRICE_RISE_SD]
        ),
        "cost_share": fact(
            "unit cost as a share of unit price", {"equipment": s.EQUIPMENT_COST, "service": s.SERVICE_COST}
        ),
        "largest": fact("size factor of the five oldest customers", s.LARGEST_FACTOR),
    }


def _changed_midway(contracts: pd.DataFrame, values: pd.DataFrame) -> Facts:
    stop = contracts["terminated_on"].fillna(contracts["ends_on"]).clip(upper=pd.Timestamp(END))
    ran = contracts[(contracts["years"] == 1) & (contracts["starts_on"] + pd.Timedelta(days=182) < stop)]
    changed = values.loc[values["factor"] != 1.0, "contract_id"]
    return rate(
        "contracts of one year that ran at least 183 days and changed their value after 182",
        CHANGED_MIDWAY,
        ran["contract_id"].isin(changed).sum(),
        len(ran),
    )


def _paid_on_time(invoices: pd.DataFrame) -> Facts:
    old = invoices[invoices["is_ordinary"] & (invoices["due_on"] <= END)]
    return {
        k: rate(
            "settled by due_on, of invoices due by as_of and neither disputed nor written off",
            v.paid_on_time,
            (old["kind"].eq(k) & (old["settled_on"] <= old["due_on"])).sum(),
            old["kind"].eq(k).sum(),
        )
        for k, v in s.KINDS.items()
    }


def _renewals(contracts: pd.DataFrame) -> Facts:
    """Chains that began within the records: churn at each renewal, early terminations aside."""
    ended = contracts[contracts["terminated_on"].isna() & (contracts["ends_on"] < AS_OF - 60)]
    first = contracts.groupby("customer_id")["starts_on"].min()
    ended = ended[ended["customer_id"].map(first) >= FIRST_DAY]
    renewed = ended["contract_id"].isin(contracts["renews_contract_id"])
    mean = s.CHURN_ALPHA / (s.CHURN_ALPHA + s.CHURN_BETA)
    begins = ended["term"] == 0
    return {
        "shifted_beta_geometric": fact(
            "each customer's chance of not renewing is drawn once from a beta distribution",
            {"alpha": s.CHURN_ALPHA, "beta": s.CHURN_BETA},
        ),
        "first_renewal_churn": rate(
            "first contracts of new customers that were not renewed when they ended, early terminations aside",
            mean,
            (begins & ~renewed).sum(),
            begins.sum(),
        ),
        "terminated_early": rate(
            "contracts ended before their date",
            s.TERMINATED_EARLY,
            contracts["terminated_on"].notna().sum(),
            len(contracts[contracts["ends_on"] < AS_OF]),
        ),
    }


def expected(records: World) -> Facts:
    """What only this company has."""
    customers = records["customers"]
    real = real_customers(customers)
    orders = resolved_orders(records)
    recent = orders[orders["is_valid"] & (orders["ordered_at"] >= WINDOW_START)]
    kind = customers.set_index("customer_id")["customer_type"]
    parents = customers.set_index("customer_id")["parent_customer_id"]
    # One level: no parent has a parent.
    group = parents.reindex(recent["survivor"]).fillna(
        pd.Series(recent["survivor"].to_numpy(), index=recent["survivor"])
    )
    by_group = recent["net"].groupby(group.to_numpy()).sum().sort_values(ascending=False)
    total = recent["net"].sum()
    invoices, leads = records["invoices"], records["leads"]
    return office_facts.expected(records) | {
        "contract_values_live": fact(
            "annual value at as_of of live contracts by contract_values: the last change in effect",
            _live_by_values(records["contracts"], records["contract_values"]),
        ),
        "partners_with_agreement": fact(
            "partners whose agreement has no end by as_of",
            int((records["partners"]["ends_on"].isna() | (records["partners"]["ends_on"] > AS_OF)).sum()),
        ),
        "customers_by_type": fact("customers_total by customer_type", counts(real["customer_type"])),
        "customers_nulls": nulls(customers, ("industry",)),
        "customers_in_groups": fact("customers_total with a parent", int(real["parent_customer_id"].notna().sum())),
        "sales_12m_by_type": fact(
            "gross less discount of valid orders of the window by customer_type, refunds not taken off",
            {k: yuan(v) for k, v in recent["net"].groupby(recent["survivor"].map(kind)).sum().items()},
        ),
        "sales_12m_largest_group_share": fact(
            "share of the largest group, a customer without parent being its own, in the same sales",
            round(float(by_group.iloc[0] / total), 6),
        ),
        "sales_12m_hhi": fact(
            "sum of squared shares of groups in the same sales", round(float(((by_group / total) ** 2).sum()), 6)
        ),
        **_receivables(invoices, records["payments"], kind),
        **_book(records["contracts"]),
        **_book_by_values(records["contracts"], records["contract_values"]),
        "contracts_without_customer": fact(
            "loaded contracts whose customer_id is not in customers",
            int((~records["contracts"]["customer_id"].isin(customers["customer_id"])).sum()),
        ),
        "leads_open": fact(
            "leads neither converted nor lost by as_of",
            int((leads["converted_at"].isna() & leads["lost_at"].isna()).sum()),
        ),
        "leads_won_12m": fact("leads converted in the window", int((leads["converted_at"] >= WINDOW_START).sum())),
        "leads_lost_12m": fact("leads lost in the window", int((leads["lost_at"] >= WINDOW_START).sum())),
        "lost_to_competitor": fact("lost leads by competitor", counts(leads["lost_to_competitor"].dropna())),
        "legal_events_open": fact(
            "legal events not closed by as_of", int(records["legal_events"]["closed_on"].isna().sum())
        ),
    }


def _receivables(invoices: pd.DataFrame, payments: pd.DataFrame, kind: pd.Series) -> Facts:
    is_open = invoices["settled_on"].isna() & invoices["written_off_on"].isna()
    unpaid = invoices[is_open]
    overdue = unpaid[unpaid["due_on"] < AS_OF]
    unknown = ~payments["invoice_id"].isin(invoices["invoice_id"])
    return {
        "invoices_open": fact("invoices neither settled nor written off by as_of", int(is_open.sum())),
        "invoices_open_amount": fact("their amount, partial payments not taken off", yuan(unpaid["amount"].sum())),
        "invoices_overdue_amount": fact("the part with due_on before as_of", yuan(overdue["amount"].sum())),
        "invoices_overdue_by_type": fact(
            "the same by customer_type",
            {k: yuan(v) for k, v in overdue["amount"].groupby(overdue["customer_id"].map(kind)).sum().items()},
        ),
        "invoices_written_off": fact("invoices written off by as_of", int(invoices["written_off_on"].notna().sum())),
        "payments_without_invoice": fact(
            "loaded payments whose invoice_id is not in the loaded invoices", int(unknown.sum())
        ),
    }


def _book(contracts: pd.DataFrame) -> Facts:
    """The contractual book a year before as_of and at as_of; values of a customer are added up."""
    opening, closing = (_live_values(contracts, day) for day in (WINDOW_START - 1, AS_OF))
    both = pd.concat([opening, closing], axis=1, keys=["opening", "closing"]).fillna(0)
    base = both[both["opening"] > 0]
    start = base["opening"].sum()
    return {
        "contracts_live": fact(
            "contracts with starts_on <= as_of <= ends_on, not terminated by as_of; unknown customers included",
            int(_is_live(contracts, AS_OF).sum()),
        ),
        "contracts_live_annual_value": fact("annual_value of those", yuan(closing.sum())),
        "contracts_expiring_12m_annual_value": fact(
            "annual_value of live contracts with ends_on within 365 days after as_of",
            yuan(contracts[_is_live(contracts, AS_OF) & (contracts["ends_on"] <= AS_OF + 365)]["annual_value"].sum()),
        ),
        "grr": fact(
            "of customers with live contracts on 2025-06-30: the lesser of value then and at as_of, over value then",
            round(float(base.min(axis=1).sum() / start), 6),
        ),
        "nrr": fact(
            "the same customers' value at as_of over value then", round(float(base["closing"].sum() / start), 6)
        ),
    }


def _book_by_values(contracts: pd.DataFrame, values: pd.DataFrame) -> Facts:
    """The same book, each contract at its last change in effect."""
    opening, closing = (_values_in_effect(contracts, values, day) for day in (WINDOW_START - 1, AS_OF))
    both = pd.concat([opening, closing], axis=1, keys=["opening", "closing"]).fillna(0)
    base = both[both["opening"] > 0]
    start = base["opening"].sum()
    return {
        "grr_by_values": fact(
            "grr with each contract at the last change of contract_values in effect, else the value it was signed for",
            round(float(base.min(axis=1).sum() / start), 6),
        ),
        "nrr_by_values": fact("nrr likewise", round(float(base["closing"].sum() / start), 6)),
    }


def _values_in_effect(contracts: pd.DataFrame, values: pd.DataFrame, day: np.datetime64) -> pd.Series:
    """By customer, merged records as they were delivered."""
    live = contracts[_is_live(contracts, day)]
    in_effect = values[values["effective_on"] <= day].sort_values("effective_on")
    last = in_effect.groupby("contract_id")["annual_value"].last()
    worth = live["contract_id"].map(last).fillna(live["annual_value"])
    return worth.groupby(live["customer_id"]).sum()


def _live_by_values(contracts: pd.DataFrame, values: pd.DataFrame) -> float:
    live = contracts.loc[_is_live(contracts, AS_OF), "contract_id"]
    in_effect = values[values["contract_id"].isin(live) & (values["effective_on"] <= AS_OF)]
    return yuan(in_effect.sort_values("effective_on").groupby("contract_id")["annual_value"].last().sum())


def _is_live(contracts: pd.DataFrame, day: np.datetime64) -> pd.Series:
    ended = contracts["terminated_on"].notna() & (contracts["terminated_on"] <= end_of_day(day))
    return (contracts["starts_on"] <= day) & (contracts["ends_on"] >= day) & ~ended


def _live_values(contracts: pd.DataFrame, day: np.datetime64) -> pd.Series:
    live = contracts[_is_live(contracts, day)]
    return live.groupby("customer_id")["annual_value"].sum()
