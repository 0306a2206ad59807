"""Planted records: helpers both companies use. What is planted is in each company's `planted` module."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .common import AS_OF, DELIVERIES, Array, Rng, add_days, end_of_day, ids
from .deliver import World


def append(world: World, entity: str, kind: str, records: pd.DataFrame, key: str, prefix: str, width: int) -> None:
    """Add copies of records as new ones of this kind, numbered on from the last."""
    old = world[entity]
    numbers = len(old) + 1 + np.arange(len(records))
    new = records.assign(_planted=kind, **{key: ids(prefix, numbers, width)})
    world[entity] = pd.concat([old, new], ignore_index=True)


def second_records(
    customers: pd.DataFrame, orders: pd.DataFrame, prefix: str, width: int, chained: int
) -> pd.DataFrame:
    """Second records of the customers of `orders`, one each, merged into the first.

    Every `chained`-th has a third record between: the one with the order was merged into it, and it into the first.
    Returns the records with `order_id`, the order each took over.
    """
    doubles = customers.set_index("customer_id").loc[orders["customer_id"]].reset_index()
    n = len(customers)
    doubles["true_customer_id"] = doubles["merged_into_customer_id"] = doubles["customer_id"]
    doubles["customer_id"] = ids(prefix, n + 1 + np.arange(len(doubles)), width)
    doubles["acquired_at"] = doubles["created_at"] = orders["ordered_at"].to_numpy()
    doubles["order_id"] = orders["order_id"].to_numpy()
    links = doubles.iloc[::chained]
    between = links.assign(customer_id=ids(prefix, n + 1 + len(doubles) + np.arange(len(links)), width), order_id=None)
    doubles.loc[links.index, "merged_into_customer_id"] = between["customer_id"]
    return pd.concat([doubles, between], ignore_index=True).assign(_planted="merged")


def test_accounts(customers: pd.DataFrame, models: pd.DataFrame, prefix: str, width: int, name: str) -> pd.DataFrame:
    new = ids(prefix, len(customers) + 1 + np.arange(len(models)), width)
    return models.assign(
        customer_id=new,
        true_customer_id=new,
        full_name=name,
        is_test=True,
        referrer_customer_id=None,
        parent_customer_id=None,
        _planted="test_account",
    )


def spoil_phones_and_dates(
    rng: Rng, customers: pd.DataFrame, before: np.datetime64, bad_phones: list[str], invalid: int, stale: int
) -> None:
    """Set `updated_at`: every record is confirmed once a year, except the stale ones, never since it was made."""
    created = customers["created_at"].to_numpy()
    years = (AS_OF - created.astype("datetime64[D]")).astype(int) // 366
    customers["updated_at"] = add_days(created, years * 366)
    chosen = rng.permutation(np.flatnonzero(customers["_planted"].isna() & (created < before)))
    phones, forgotten = chosen[:invalid], chosen[invalid : invalid + stale]
    customers.loc[phones, "phone"] = np.resize(np.array(bad_phones, dtype=object), invalid)
    customers.loc[phones, "_planted"] = "invalid_phone"
    customers.loc[forgotten, "updated_at"] = customers.loc[forgotten, "created_at"]
    customers.loc[forgotten, "_planted"] = "stale"


def confirmed_by(customers: pd.DataFrame, on: np.datetime64) -> pd.DataFrame:
    """As of a delivery before the last yearly confirmation, the one of the year before stands."""
    return customers.assign(
        updated_at=customers["updated_at"].where(
            customers["updated_at"] <= end_of_day(on), customers["updated_at"] - np.timedelta64(366, "D")
        )
    )


def enter_late(rng: Rng, records: pd.DataFrame, moment: str, count: int, eligible: pd.Series | None = None) -> None:
    """Some records of the first quarter reach the second delivery only."""
    recent = (records[moment] > DELIVERIES[0] - 80) & (records[moment] < DELIVERIES[0] - 1) & records["_planted"].isna()
    if eligible is not None:
        recent &= eligible
    chosen = np.sort(rng.permutation(np.flatnonzero(recent))[:count])
    records.loc[records.index[chosen], "_known_on"] = DELIVERIES[1].astype("datetime64[s]")


def follow_late(world: World, entity: str, column: str, late: pd.Series) -> None:
    """What belongs to a late record is late too."""
    records = world[entity]
    records.loc[records[column].isin(late), "_known_on"] = DELIVERIES[1].astype("datetime64[s]")


def late_keys(world: World, entity: str, key: str) -> pd.Series:
    records = world[entity]
    return records.loc[records["_known_on"].notna(), key]


def sample(rng: Rng, records: pd.DataFrame, n: int) -> pd.DataFrame:
    """n records, in their order."""
    return records.iloc[np.sort(rng.permutation(len(records))[:n])]


def spread(records: pd.DataFrame, n: int) -> pd.DataFrame:
    """n records evenly spread over the whole."""
    step = max(1, len(records) // n)
    return records.iloc[step // 2 :: step].iloc[:n]


def strangers(prefix: str, n: int) -> Array:
    """Ids that no record has."""
    return ids(f"{prefix}X", np.arange(1, n + 1), 4)
