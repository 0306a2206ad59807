"""Between indicators and scores: weights, agreement of the raters, and the simulation."""

from collections.abc import Iterator
from dataclasses import astuple

import dagster as dg

from dagster_project.publish.generations import next_number
from dagster_project.publish.ledger import past_parts
from dagster_project.resources import OWNERS, CompanyRun, code_reference, company_partitions
from dagster_project.score.run import write_score
from dagster_project.score.tables import Past

TABLES = {
    "weights": "What does each pillar, dimension and indicator weigh? From pairwise judgements of the trade.",
    "consistency": "Do the judgements contradict one another?",
    "agreement": "Do the raters agree, and what do their ratings weigh for it?",
    "intervals": "Between what bounds do the total, the pillars and the dimensions lie?",
    "sources": "Which source of doubt brings which share of the total's variance?",
    "build": "Which generation would this build become?",
    "history": "What were the scores of the generations before made of?",
    "steps": "What would narrow the interval of the total, and by how much?",
}
READ_BY_SCORE = (
    "reference/score_settings",
    "reference/pillars",
    "reference/dimensions",
    "reference/weight_judgements",
    "intermediate/int_runs_prepared",
    "intermediate/int_ratings_prepared",
    "intermediate/int_indicators_normalised",
    "intermediate/int_indicator_documents",
    "intermediate/int_indicators_flawed",
)


@dg.multi_asset(
    name="simulation",
    partitions_def=company_partitions,
    specs=[
        dg.AssetSpec(
            ["simulation", name],
            group_name="score",
            deps=[key.split("/") for key in READ_BY_SCORE],
            description=text,
            kinds={"duckdb", "numpy"},
            owners=OWNERS,
            metadata=code_reference(write_score),
        )
        for name, text in TABLES.items()
    ],
)
def simulation(context: dg.AssetExecutionContext, company_run: CompanyRun) -> Iterator[dg.MaterializeResult]:
    with company_run.stage("simulation") as paths:
        history = [
            Past(each.generation, each.published_at.replace(tzinfo=None), each.as_of, *astuple(each.part))
            for each in past_parts(paths)
        ]
        rows = write_score(paths.work_db, next_number(paths), history)
    for name, count in rows.items():
        yield dg.MaterializeResult(asset_key=["simulation", name], metadata={"dagster/row_count": count})
