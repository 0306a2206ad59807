"""The work file's tables as arrays, and predictions as tables of schema `predictions`, where the value marts read
them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

SCHEMA = "predictions"
# Every table and its columns: written even where nothing could be predicted, so that the marts find them.
TABLES: Mapping[str, Mapping[str, str]] = {
    "model_fits": {
        "run": "varchar",
        "component": "varchar",
        "model": "varchar",
        "status": "varchar",
        "is_admissible": "boolean",
        "is_chosen": "boolean",
        "has_converged": "boolean",
        "parameters": "varchar",
        "standard_errors": "varchar",
        "log_likelihood": "double",
        "customers": "bigint",
        "tuples": "bigint",
        "left_out": "bigint",
        "correlation": "double",
        "holdout_customers": "bigint",
        "holdout_expected": "double",
        "holdout_actual": "double",
        "holdout_deviance": "double",
        "reason": "varchar",
    },
    "customer_forecasts": {
        "run": "varchar",
        "component": "varchar",
        "customer_id": "varchar",
        "model": "varchar",
        "p_alive": "double",
        "margin_per_order": "double",
        "orders_12m": "double",
        "orders_variance": "double",
        "margin_12m": "double",
        "margin_variance": "double",
        "residual_value": "double",
        "residual_variance": "double",
    },
    "customer_shifts": {
        "run": "varchar",
        "component": "varchar",
        "customer_id": "varchar",
        "direction": "varchar",
        "orders_shift": "double",
        "margin_shift": "double",
        "residual_shift": "double",
    },
    "customer_scenarios": {
        "component": "varchar",
        "customer_id": "varchar",
        "scenario": "varchar",
        "residual_value": "double",
    },
    "monthly_orders": {
        "run": "varchar",
        "component": "varchar",
        "months_ahead": "integer",
        "orders": "double",
        "process_variance": "double",
        "parameter_variance": "double",
    },
}

Table = Mapping[str, NDArray[Any]]


@contextmanager
def opened(work_db: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The company's work file."""
    with duckdb.connect(str(work_db)) as connection:
        yield connection


def read(connection: duckdb.DuckDBPyConnection, name: str, order: list[str]) -> Table:
    """A relation of the intermediate schema, in a fixed order: sums over customers then come out alike on every run.

    Missing numbers are nan, flags are booleans.
    """
    frame = connection.sql(f"from intermediate.{name}").df().sort_values(order, kind="stable")
    return {str(column): _plain(frame[column]) for column in frame.columns}


def write(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pd.DataFrame]) -> None:
    """Replace every table of the schema; one without rows is empty, not absent."""
    connection.execute(f"create schema if not exists {SCHEMA}")
    for name, columns in TABLES.items():
        definition = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"create or replace table {SCHEMA}.{name} ({definition})")
        frame = tables.get(name)
        if frame is not None and len(frame):
            connection.from_df(frame[list(columns)]).insert_into(f"{SCHEMA}.{name}")


def _plain(column: pd.Series[Any]) -> NDArray[Any]:
    if pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.bool_)
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.to_numpy(dtype=object)
