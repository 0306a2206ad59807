"""The work file's side of the score: what is read from it, and the schema `simulation` that is written for dbt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.score.agreement import Agreement, Rating
from dagster_project.score.book import Indicator
from dagster_project.score.information import Step
from dagster_project.score.settings import ScoreSettings
from dagster_project.score.simulation import Interval, SourceShare
from dagster_project.score.weights import Node, Pair, Tree, equal_weights

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "weights": {
        "level": "varchar",
        "code": "varchar",
        "parent": "varchar",
        "weight": "double",
        "weight_total": "double",
        "weight_equal": "double",
        "reliability": "double",
        "is_judged": "boolean",
    },
    "consistency": {
        "node": "varchar",
        "items": "integer",
        "lambda_max": "double",
        "consistency_index": "double",
        "consistency_ratio": "double",
    },
    "agreement": {
        "items": "integer",
        "raters": "integer",
        "alpha": "double",
        "factor": "double",
        "rule": "varchar",
    },
    "intervals": {
        "level": "varchar",
        "code": "varchar",
        "variant": "varchar",
        "low": "double",
        "middle": "double",
        "high": "double",
        "spread": "double",
    },
    "sources": {
        "source": "varchar",
        "first_order": "double",
        "first_order_error": "double",
        "total_effect": "double",
        "points_alone": "double",
    },
    "history": {
        "generation": "integer",
        "published_at": "timestamp",
        "as_of_on": "date",
        "level": "varchar",
        "code": "varchar",
        "score": "double",
        "low": "double",
        "high": "double",
        "value": "double",
        "weight": "double",
    },
    "build": {"generation": "integer"},
    "steps": {
        "item": "varchar",
        "kind": "varchar",
        "indicators": "integer",
        "width_before": "double",
        "width_after": "double",
    },
}


@dataclass(frozen=True)
class Past:
    """One figure that the score of a published generation was made of; `published_at` is UTC without saying so."""

    generation: int
    published_at: datetime
    as_of_on: date
    level: str
    code: str
    score: float | None
    low: float | None
    high: float | None
    value: float | None
    weight: float | None


@dataclass(frozen=True)
class Inputs:
    """What the score is made from. `evidence_shares`: rated indicator -> share of its ratings with evidence;
    `documents`: indicator -> (kind, item) that would settle it; `flaws`: indicator -> (entity, share) of the wrong
    records behind it."""

    settings: ScoreSettings
    pillars: Mapping[str, Sequence[str]]
    judgements: Mapping[str, Mapping[Pair, str]]
    indicators: Sequence[Indicator]
    ratings: Sequence[Rating]
    evidence_shares: Mapping[str, float]
    documents: Mapping[str, tuple[str, str]]
    flaws: Mapping[str, tuple[str, float]]


def read_inputs(work_db: Path) -> Inputs:
    """Everything dbt left in the work file for the score."""
    with duckdb.connect(str(work_db), read_only=True) as connection:

        def rows(query: str) -> list[dict[str, Any]]:
            relation = connection.execute(query)
            names = [column[0] for column in relation.description or []]
            return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]

        settings = rows("select setting, value from reference.score_settings")
        pillars = rows(
            "select pillars.pillar, dimensions.dimension from reference.pillars as pillars"
            " inner join reference.dimensions as dimensions on pillars.pillar = dimensions.pillar"
            " order by pillars.position, dimensions.position"
        )
        judgements = rows(
            "select node, item, other_item, judgement from reference.weight_judgements"
            " where profile = (select profile from intermediate.int_runs_prepared where run = 'current') order by all"
        )
        indicators = rows(
            "select * from intermediate.int_indicators_normalised where status <> 'not_applicable'"
            " order by indicator_code"
        )
        ratings = rows("select rater_id, indicator_code, score from intermediate.int_ratings_prepared order by all")
        shares = rows(
            "select indicator_code, avg(case when has_evidence then 1.0 else 0.0 end) as share"
            " from intermediate.int_ratings_prepared group by indicator_code order by indicator_code"
        )
        documents = rows("select indicator_code, kind, item from intermediate.int_indicator_documents order by all")
        flaws = rows("select indicator_code, entity, flawed_share from intermediate.int_indicators_flawed order by all")
    return Inputs(
        settings=ScoreSettings.read({row["setting"]: row["value"] for row in settings}),
        pillars=_grouped(pillars, "pillar", "dimension"),
        judgements=_pairs(judgements),
        indicators=[_indicator(row) for row in indicators],
        ratings=[Rating(row["rater_id"], row["indicator_code"], float(row["score"])) for row in ratings],
        evidence_shares={row["indicator_code"]: float(row["share"]) for row in shares},
        documents={row["indicator_code"]: (row["kind"], row["item"]) for row in documents},
        flaws={row["indicator_code"]: (row["entity"], float(row["flawed_share"])) for row in flaws},
    )


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Every table of the schema, empty."""
    connection.execute("create schema if not exists simulation")
    for table, columns in COLUMNS.items():
        definition = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
        connection.execute(f"create or replace table simulation.{table} ({definition})")


Rows = Sequence[Mapping[str, Any]]


def past_rows(generation: int, history: Sequence[Past]) -> dict[str, Rows]:
    """Which generation this build would become, and what the ones before were made of."""
    return {"build": [{"generation": generation}], "history": [vars(each) for each in history]}


def score_rows(
    tree: Tree,
    indicators: Sequence[Indicator],
    agreed: Agreement,
    intervals: Sequence[Interval],
    sources: Sequence[SourceShare],
    steps: Sequence[Step],
) -> dict[str, Rows]:
    """What was found, by table of the schema."""
    return {
        "weights": _weights(tree, indicators),
        "consistency": [
            {
                "node": node.code,
                "items": len(node.priorities.weights),
                "lambda_max": node.priorities.lambda_max,
                "consistency_index": node.priorities.consistency_index,
                "consistency_ratio": node.priorities.consistency_ratio,
            }
            for node in tree.nodes
            if node.priorities is not None
        ],
        "agreement": [vars(agreed)],
        "intervals": [vars(interval) for interval in intervals],
        "sources": [vars(source) for source in sources],
        "steps": [vars(step) for step in steps],
    }


def write_tables(work_db: Path, tables: Mapping[str, Rows]) -> dict[str, int]:
    """Replace the schema `simulation`; a table not given stays empty. Returns how many rows each table has."""
    with duckdb.connect(str(work_db)) as connection:
        connection.begin()
        create_tables(connection)
        for table, columns in COLUMNS.items():
            rows = tables.get(table, ())
            if rows:
                values = ", ".join(f"unnest(?::{type_}[])" for type_ in columns.values())
                # Names and types come from the mapping above; every value is a parameter.
                connection.execute(
                    f"insert into simulation.{table} select {values}",
                    [[row[name] for row in rows] for name in columns],
                )
        connection.commit()
    return {table: len(tables.get(table, ())) for table in COLUMNS}


def _weights(tree: Tree, indicators: Sequence[Indicator]) -> list[dict[str, Any]]:
    """A row per node below the total; an indicator's weights count its reliability."""
    reliability = {each.code: each.reliability for each in indicators}
    dimension_weights = tree.dimension_weights()
    equal_dimensions = equal_weights(list(dimension_weights))
    rows = [_weight("pillar", tree.total, code, 1.0, equal_weights(list(tree.pillars))[code]) for code in tree.pillars]
    for pillar, node in tree.pillars.items():
        rows += [
            _weight("dimension", node, code, tree.total.weights[pillar], equal_dimensions[code])
            for code in node.weights
        ]
    for dimension, node in tree.dimensions.items():
        reliable = {code: weight * reliability[code] for code, weight in node.weights.items()}
        equal = {code: reliability[code] for code in node.weights}
        scaled = Node(dimension, {code: w / sum(reliable.values()) for code, w in reliable.items()}, node.priorities)
        rows += [
            {
                **_weight("indicator", scaled, code, dimension_weights[dimension], equal[code] / sum(equal.values())),
                "reliability": reliability[code],
            }
            for code in node.weights
        ]
    return rows


def _weight(level: str, node: Node, code: str, parents: float, equal: float) -> dict[str, Any]:
    return {
        "level": level,
        "code": code,
        "parent": node.code,
        "weight": node.weights[code],
        "weight_total": node.weights[code] * parents,
        "weight_equal": equal,
        "reliability": None,
        "is_judged": node.priorities is not None,
    }


def _indicator(row: Mapping[str, Any]) -> Indicator:
    is_count = row["interval_kind"] == "wilson"
    return Indicator(
        code=row["indicator_code"],
        dimension=row["dimension"],
        is_rated=row["method"] == "qualitative",
        value=row["value"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        successes=row["numerator"] if is_count else None,
        trials=row["denominator"] if is_count else None,
        floor=row["floor_value"],
        target=row["target_value"],
        sweet=row["sweet_until_value"],
        cap=row["cap_value"],
        is_log=row["scale"] == "log",
        is_sourced=row["basis"] != "judgement",
    )


def _grouped(rows: Sequence[Mapping[str, Any]], key: str, value: str) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row[value])
    return dict(groups)


def _pairs(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[Pair, str]]:
    nodes: dict[str, dict[Pair, str]] = defaultdict(dict)
    for row in rows:
        nodes[row["node"]][row["item"], row["other_item"]] = str(row["judgement"])
    return dict(nodes)
