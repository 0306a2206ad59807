"""truth.json: what a correct pipeline must find.

- `conventions`: what the words below mean
- `parameters`: what the records were drawn from: {definition, value}, and for a rate also k of n in the clean records
- `expected`: exact results as of the last delivery: {definition, value}
- `files`: delivered, loaded, quarantined (by kind) and duplicate rows of each file and entity
- `defects`: one entry a planted row: delivery, file, sheet, entity, line, key, kind, column, outcome

Everything is computed from the clean records and from the register of planted defects; no file is read back.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from .common import AS_OF, DELIVERIES, SEED, end_of_day
from .defects import Register, quarantined_keys
from .deliver import Export, Table, World

Facts = dict[str, Any]
WINDOW_START = np.datetime64("2025-07-01")
PRIOR_START = np.datetime64("2024-07-01")


def describe(
    module: ModuleType,
    scale: float,
    world: World,
    shown: Mapping[tuple[int, str], pd.DataFrame],
    made: list[Table],
    register: Register,
) -> Facts:
    records = surviving(module.EXPORTS, shown, made)
    return {
        "company": module.COMPANY,
        "made_by": "seeds/companies/generate.py",
        "seed": SEED,
        "scale": scale,
        "as_of": str(AS_OF),
        "deliveries": [str(day) for day in DELIVERIES],
        "conventions": {
            "money": "yuan",
            "window": "the twelve months that end at as_of, 2025-07-01 to 2026-06-30, both included",
            "prior": "the twelve months before: 2024-07-01 to 2025-06-30",
            "valid_order": "ordered on or before as_of, not cancelled by as_of, its customer is in the customers table "
            "and is no test account; customers are counted after merges",
            "line": "of the file, the header is line 1; of a workbook, the row of the sheet",
            "key": "of the record, key columns joined by |, also where the damage took the key away",
            "valid_phone": "1 and ten digits; numbers begin with 100, which no network in China uses",
            "bad_row": "a row with any unreadable cell, a missing required value or an unmapped category value is "
            "quarantined; so are different rows under one key in one file; of identical rows one is loaded",
            "quarantined_then": "a quarantined row leaves an earlier delivery's version of the record in force",
        },
        "parameters": module.parameters(world),
        "expected": {**common_expectations(records), **module.expected(records)},
        "files": accounting(made),
        "defects": register.entries,
    }


def to_text(facts: Facts) -> str:
    """Indented, but one line a file and a defect."""
    long = {name: facts[name] for name in ("files", "defects")}
    head = json.dumps({k: v for k, v in facts.items() if k not in long}, ensure_ascii=False, indent=1)
    parts = [head.removesuffix("\n}")]
    for name, entries in long.items():
        lines = ",\n  ".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
        parts.append(f' "{name}": [\n  {lines}\n ]')
    return ",\n".join(parts) + "\n}\n"


def accounting(made: list[Table]) -> list[Facts]:
    """Row counts a file and entity: delivered = loaded + quarantined + duplicates."""
    result = []
    for table in made:
        entries = [entry for entry in table.rows["_defect"] if entry]
        quarantined = Counter(str(e["kind"]) for e in entries if e["outcome"] == "quarantined")
        duplicates = sum(e["outcome"] == "duplicate" for e in entries)
        bad = sum(quarantined.values())
        result.append(
            {
                "delivery": str(table.delivery),
                "file": table.file_name,
                "sheet": table.export.sheet,
                "entity": table.export.entity,
                "mode": table.export.mode,
                "delivered": len(table.rows),
                "loaded": len(table.rows) - bad - duplicates,
                "quarantined": bad,
                "duplicates": duplicates,
                "quarantine_reasons": dict(sorted(quarantined.items())),
            }
        )
    return result


def surviving(exports: tuple[Export, ...], shown: Mapping[tuple[int, str], pd.DataFrame], made: list[Table]) -> World:
    """The latest loaded version of each record; `_removed` marks those missing from the last full snapshot."""
    refused = {(str(t.delivery), t.export.entity): quarantined_keys(t) for t in made}
    delivered = {(str(t.delivery), t.export.entity): set(t.rows["_key"]) for t in made}
    result = {}
    for export in exports:
        before, after = shown[0, export.entity], shown[1, export.entity]
        first, second = ((str(day), export.entity) for day in DELIVERIES)
        old = before[~before["_key"].isin(refused[first])]
        new = after[after["_key"].isin(delivered[second]) & ~after["_key"].isin(refused[second])]
        kept = old[~old["_key"].isin(new["_key"])]
        removed = (export.mode == "full") & ~kept["_key"].isin(delivered[second])
        joined = pd.concat([kept.assign(_removed=removed), new.assign(_removed=False)], ignore_index=True)
        result[export.entity] = joined
    return result


def fact(definition: str, value: Any) -> Facts:
    return {"definition": definition, "value": value}


def rate(definition: str, value: float, k: int, n: int) -> Facts:
    """A probability the generator drew from, with what the clean records show of it."""
    return {"definition": definition, "value": value, "k": int(k), "n": int(n)}


def survey_rates(
    nps: pd.Series, invites: pd.DataFrame, mix: Mapping[str, float], answered: Mapping[str, float]
) -> Facts:
    """What was drawn of a recommendation survey, against its scores and its invitations."""
    return {
        "nps_mix": {
            "promoter": rate("answers of 9 or 10", mix["promoter"], (nps >= 9).sum(), len(nps)),
            "detractor": rate("answers of 0 to 6", mix["detractor"], (nps <= 6).sum(), len(nps)),
        },
        "survey_response_rate": {
            method: rate(
                "invitations answered, by method",
                share,
                (invites["method"].eq(method) & invites["responded_at"].notna()).sum(),
                invites["method"].eq(method).sum(),
            )
            for method, share in answered.items()
        },
    }


def yuan(fen: Any) -> float:
    return round(int(fen) / 100, 2)


def resolved_orders(records: World) -> pd.DataFrame:
    """Loaded orders with `survivor` (None: customer unknown), `is_test`, `is_valid` and `net` (fen, before refunds)."""
    customers = records["customers"].set_index("customer_id")
    orders = records["orders"].copy()
    orders["survivor"] = orders["customer_id"].map(customers["true_customer_id"])
    orders["is_test"] = orders["customer_id"].map(customers["is_test"]).eq(True)
    in_time = orders["ordered_at"] <= end_of_day(AS_OF)
    orders["counts"] = in_time & orders["cancelled_at"].isna() & ~orders["is_test"]
    orders["is_valid"] = orders["counts"] & orders["survivor"].notna()
    orders["net"] = orders["gross_amount"] - orders["discount_amount"]
    return orders


def revenue(orders: pd.DataFrame, start: np.datetime64, end: np.datetime64) -> float:
    """Net of discounts, less refunds dated in the period."""
    counted = orders[orders["counts"]]
    sold = counted[(counted["ordered_at"] >= start) & (counted["ordered_at"] < end)]["net"].sum()
    back = counted[(counted["refunded_at"] >= start) & (counted["refunded_at"] < end)]["refund_amount"].sum()
    return yuan(sold - back)


def common_expectations(records: World) -> Facts:
    orders = resolved_orders(records)
    return {
        **_customers(records["customers"], orders),
        **_orders(records, orders),
        **_sales(records["customers"], orders),
        **_surveys(records["survey_responses"], records["customers"]),
        **_tickets(records["tickets"]),
        "entity_rows": fact(
            "loaded rows of each entity after the latest per key", {e: len(r) for e, r in sorted(records.items())}
        ),
    }


def real_customers(customers: pd.DataFrame) -> pd.DataFrame:
    """Without test accounts and merged records."""
    return customers[~customers["is_test"].eq(True) & customers["merged_into_customer_id"].isna()]


def counts(values: pd.Series) -> dict[str, int]:
    return {str(value): int(n) for value, n in values.value_counts().sort_index().items()}


def _customers(customers: pd.DataFrame, orders: pd.DataFrame) -> Facts:
    real = real_customers(customers)
    valid = orders[orders["is_valid"]]
    first = valid.groupby("survivor")["ordered_at"].min()
    return {
        "customers_loaded": fact(
            "rows of customers after the latest per key, test, merged and removed ones included", len(customers)
        ),
        "customers_total": fact(
            "customers less test accounts and less records merged into another; removed ones stay", len(real)
        ),
        "customers_test": fact("customers with is_test", int(customers["is_test"].eq(True).sum())),
        "customers_merged": fact(
            "customers with merged_into_customer_id", int(customers["merged_into_customer_id"].notna().sum())
        ),
        "customers_removed": fact(
            "customers of the first delivery missing from the second, a full snapshot", int(customers["_removed"].sum())
        ),
        "customers_with_order": fact(
            "customers with at least one valid order, after merges", int(valid["survivor"].nunique())
        ),
        "customers_new_12m": fact(
            "customers whose first valid order falls in the window", int((first >= WINDOW_START).sum())
        ),
        "customers_new_by_month": fact("customers by the month of their first valid order", _by_month(first)),
        "customers_stale": fact(
            "customers_total with updated_at more than three years before as_of",
            int((real["updated_at"] < np.datetime64("2023-06-30")).sum()),
        ),
        "invalid_phones": fact(
            "loaded customers whose phone is not 1 and ten digits",
            int((~customers["phone"].str.fullmatch(r"1\d{10}")).sum()),
        ),
    }


def _orders(records: World, orders: pd.DataFrame) -> Facts:
    valid = orders[orders["is_valid"]]
    known = orders[orders["survivor"].notna()]
    recent = orders["counts"] & (orders["ordered_at"] >= WINDOW_START)
    end = AS_OF + 1
    return {
        "orders_loaded": fact("rows of orders after the latest per key", len(orders)),
        "orders_valid": fact("valid orders ever", len(valid)),
        "orders_by_month": fact("valid orders by the month ordered", _by_month(valid["ordered_at"])),
        "orders_by_kind": fact("valid orders by order_kind", counts(valid["order_kind"])),
        "orders_12m": fact(
            "orders of the window, not cancelled, no test accounts; orders of unknown customers included",
            int(recent.sum()),
        ),
        "orders_12m_known_customers": fact("the same, valid orders only", int((recent & orders["is_valid"]).sum())),
        "orders_cancelled": fact(
            "loaded orders cancelled by as_of, no test accounts",
            int((orders["cancelled_at"].notna() & ~orders["is_test"]).sum()),
        ),
        "revenue_net_12m": fact(
            "gross less discount of the orders in orders_12m, less refunds dated in the window of orders not cancelled",
            revenue(orders, WINDOW_START, end),
        ),
        "revenue_net_12m_known_customers": fact(
            "the same for orders whose customer is known", revenue(known, WINDOW_START, end)
        ),
        "revenue_net_prior_12m": fact(
            "the same as revenue_net_12m for the twelve months before", revenue(orders, PRIOR_START, WINDOW_START)
        ),
        "orders_without_customer": fact(
            "loaded orders whose customer_id is not in customers", int(orders["survivor"].isna().sum())
        ),
        "orders_in_the_future": fact(
            "loaded orders dated after as_of", int((orders["ordered_at"] > end_of_day(AS_OF)).sum())
        ),
        "payments_negative": fact(
            "loaded payments with an amount below zero", int((records["payments"]["amount"] < 0).sum())
        ),
    }


def _sales(customers: pd.DataFrame, orders: pd.DataFrame) -> Facts:
    recent = orders[orders["is_valid"] & (orders["ordered_at"] >= WINDOW_START)]
    survivors = customers.set_index("customer_id")
    what = "gross less discount of valid orders of the window, refunds not taken off, by {} of the surviving record"
    by = {
        f"sales_12m_by_{name}": fact(
            what.format(name),
            {
                str(k): yuan(v)
                for k, v in recent["net"]
                .groupby(recent["survivor"].map(survivors[name]).fillna("(null)"))
                .sum()
                .items()
            },
        )
        for name in ("acquisition_channel", "city")
    }
    shares = recent["net"].groupby(recent["survivor"]).sum() / recent["net"].sum()
    return {
        **by,
        "sales_12m_largest_customer_share": fact(
            "share of the largest customer in the same sales; groups not joined", round(float(shares.max()), 6)
        ),
        "sales_12m_customer_hhi": fact(
            "sum of squared shares of customers in the same sales", round(float((shares**2).sum()), 6)
        ),
    }


def _surveys(surveys: pd.DataFrame, customers: pd.DataFrame) -> Facts:
    in_window = surveys["responded_at"].notna() & (surveys["responded_at"] >= WINDOW_START)
    answers = surveys[in_window & surveys["score"].notna()]
    csat = answers[answers["instrument"] == "csat"]
    nps = answers[answers["instrument"] == "nps"].assign(
        survivor=lambda a: a["customer_id"].map(customers.set_index("customer_id")["true_customer_id"])
    )
    last = nps.sort_values(["responded_at", "response_id"]).groupby("survivor")["score"].last()
    invites = surveys[surveys["invited_at"] >= WINDOW_START].groupby("invite_id")["responded_at"].first()
    return {
        "csat_12m": fact(
            "csat answers of the window by topic: how many are 4 or 5, of how many",
            {
                topic: {"top2": int((own["score"] >= 4).sum()), "answers": len(own)}
                for topic, own in csat.groupby("topic", sort=True)
            },
        ),
        "nps_12m": fact(
            "the last nps answer in the window of each customer, after merges",
            {
                "promoters": int((last >= 9).sum()),
                "passives": int(((last >= 7) & (last < 9)).sum()),
                "detractors": int((last < 7).sum()),
            },
        ),
        "survey_invites_12m": fact(
            "invitations sent in the window, and those of them answered by as_of",
            {"invited": len(invites), "answered": int(invites.notna().sum())},
        ),
    }


def _tickets(tickets: pd.DataFrame) -> Facts:
    due = tickets[(tickets["due_at"] >= WINDOW_START) & (tickets["due_at"] <= end_of_day(AS_OF))]
    in_time = due["resolved_at"].notna() & (due["resolved_at"] <= due["due_at"])
    return {
        "tickets_by_kind": fact("tickets by kind", counts(tickets["kind"])),
        "tickets_12m_by_kind": fact(
            "tickets opened in the window by kind", counts(tickets.loc[tickets["opened_at"] >= WINDOW_START, "kind"])
        ),
        "tickets_open": fact("tickets not resolved by as_of", int(tickets["resolved_at"].isna().sum())),
        "sla_12m": fact(
            "tickets with due_at in the window, and those of them resolved by due_at",
            {"due": len(due), "in_time": int(in_time.sum())},
        ),
    }


def nulls(records: pd.DataFrame, columns: tuple[str, ...]) -> Facts:
    return fact(
        "customers_loaded with no value in an optional column",
        {column: int(records[column].isna().sum()) for column in columns},
    )


def _by_month(moments: pd.Series) -> dict[str, int]:
    months = moments.dt.strftime("%Y-%m").value_counts().sort_index()
    return {month: int(count) for month, count in months.items()}
