"""Stretches of purchases, found in the bits of months, against months walked one after the other."""

from __future__ import annotations

import random
from types import SimpleNamespace

import duckdb
import jinja2
import pandas as pd
import pytest

from dagster_project.settings import DBT_PROJECT_DIR

WORD = 62
Stretch = tuple[int, int, int, int, int]


def _query() -> str:
    """The model as dbt renders it for DuckDB, its inputs under their own names."""
    dialect = (DBT_PROJECT_DIR / "macros" / "dialect.sql").read_text(encoding="utf-8")
    model = DBT_PROJECT_DIR / "models" / "intermediate" / "int_purchase_stretches_keyed.sql"
    environment = jinja2.Environment(autoescape=False)
    environment.globals |= {
        "ref": lambda name: name,
        "config": lambda **_: "",
        "return": lambda text: text,
        "adapter": SimpleNamespace(dispatch=lambda name, _: macros[f"default__{name}"]),
    }
    macros: dict[str, object] = {}
    module = environment.from_string(dialect).module
    macros |= vars(module)
    environment.globals |= {name: macro for name, macro in macros.items() if callable(macro)}
    return environment.from_string(model.read_text(encoding="utf-8")).render()


def _walked(months: set[int], active_months: int) -> list[Stretch]:
    """Word by word: a stretch goes on while no more than `active_months` pass from one order to the next."""
    found: list[Stretch] = []
    for word in sorted({month - month % WORD for month in months}):
        number, latest = 0, None
        for month in sorted((m for m in months if m - m % WORD == word), reverse=True):
            if latest is None or latest - month > active_months:
                number += 1
                found.append((word, number, -month, -month + active_months - 1, -month))
            else:
                found[-1] = (*found[-1][:3], -month + active_months - 1, -month)
            latest = month
    return found


@pytest.mark.parametrize("active_months", [1, 2, 3, 5, 6, 7, 11, 12, 13, 24, 31, 36, 48, 60, 61, 62, 63, 100])
def test_the_bits_say_what_the_months_say(active_months: int) -> None:
    """A gap of just `active_months` taken for one too long, a stretch lost at a word's edge, or two run together."""
    draw = random.Random(active_months)
    books = {
        customer: {draw.randrange(200) for _ in range(draw.choice([1, 2, 3, 5, 9, 20, 60, 190]))}
        for customer in range(1, 400)
    }
    books[400] = {0, active_months, 2 * active_months + 1}
    books[401] = set(range(WORD))
    books[402] = {WORD - 1, WORD}
    connection = duckdb.connect()
    connection.execute(
        "create table int_runs_prepared as select 'current' as run, ?::integer as active_months", [active_months]
    )
    connection.execute(
        "create table int_customer_months_keyed (customer_key integer, months_back integer, orders integer)"
    )
    months = [(customer, month) for customer, months in books.items() for month in months]
    connection.register("orders", pd.DataFrame(months, columns=["customer_key", "months_back"], dtype="int32"))
    connection.execute("insert into int_customer_months_keyed select customer_key, months_back, 1 from orders")
    # A month of returns alone is none.
    connection.execute("insert into int_customer_months_keyed values (402, 30, 0)")
    found: dict[int, list[Stretch]] = {}
    for customer, *stretch in connection.execute(
        "select customer_key, word_months_back, stretch_number, starts_period, ends_period, sign_period"
        f" from ({_query()}) order by customer_key, word_months_back, stretch_number"
    ).fetchall():
        found.setdefault(customer, []).append(tuple(stretch))
    assert found == {customer: _walked(months, active_months) for customer, months in books.items()}
