"""Pages of docs/ that follow from what is declared elsewhere: every metric, and every published table.

Run `python -m dagster_project.tools.doc_pages` after changing the catalogue or a mart; a test fails until it was run.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_ROOT, REFERENCE_DIR

MARTS = DBT_PROJECT_DIR / "models" / "marts"
COMMAND = "`python -m dagster_project.tools.doc_pages`"
SUBJECTS = {
    "customer": "Who the customers are and what they do",
    "cohort": "How groups of customers behave over time",
    "value": "What they will still bring in",
    "acquisition": "How they are won",
    "service": "How they are served and what they think of it",
    "risk": "What the revenue hangs on",
    "governance": "How the book is kept: consent, access, people, targets",
    "quality": "How far the data can be trusted",
    "score": "What it adds up to",
}
# Columns that lead from one table to another, and where to. The first table of a pair holds each value once.
KEYS = {
    "customer_id": "customer.dim_customers",
    "order_id": "customer.fct_orders",
    "indicator_code": "score.fct_indicators",
    "section": "score.fct_section_coverage",
}


def render() -> Mapping[Path, str]:
    """Every page written from declarations, with its text."""
    docs = PROJECT_ROOT / "docs"
    return {docs / "metrics.md": _metrics(), docs / "marts.md": _marts()}


def _metrics() -> str:
    return "\n".join(_metric_lines()) + "\n"


def _metric_lines() -> Iterator[str]:
    by_dimension = defaultdict(list)
    for row in _seed("indicators"):
        by_dimension[row["dimension"]].append(row)
    yield "# Metrics 指标"
    yield ""
    yield f"Written by {COMMAND} from `seeds/reference/indicators.csv`: change it there. Every one is a row of"
    yield "`score.fct_indicators` with value, n, interval, status and reason. `n ≥`: least evidence."
    for dimension in sorted(_seed("dimensions"), key=lambda row: int(row["position"])):
        yield ""
        yield f"## {dimension['name_en']} {dimension['name_zh']}"
        yield ""
        yield "| code | definition | 定义 | unit | better | window | interval | n ≥ | from | answers |"
        yield "|---|---|---|---|---|---|---|---|---|---|"
        for row in sorted(by_dimension[dimension["dimension"]], key=lambda row: int(row["position"])):
            cells = (
                f"`{row['indicator_code']}`",
                f"**{row['name_en']}**: {row['definition_en']}",
                f"**{row['name_zh']}**：{row['definition_zh']}",
                row["unit"],
                row["direction"],
                row["window_kind"],
                row["interval_kind"],
                row["minimum_n"],
                f"`{row['mart']}`",
                row["sections"],
            )
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _marts() -> str:
    return "\n".join(_mart_lines()) + "\n"


def _mart_lines() -> Iterator[str]:
    tables = _tables()
    yield "# Published tables"
    yield ""
    yield f"Written by {COMMAND} from the YAML beside the models. All are in"
    yield "`warehouse/<company>/current/marts.duckdb`; a schema is a subject. To connect: [analysts.md](analysts.md)."
    yield ""
    yield "## How they join"
    yield "```mermaid"
    yield "erDiagram"
    for name, model in tables.items():
        columns = {column["name"] for column in model["columns"]}
        for key, home in KEYS.items():
            if key in columns and home != name and home in tables:
                yield f"    {_entity(home)} ||--o{{ {_entity(name)} : {key}"
    yield "```"
    for subject, answers in SUBJECTS.items():
        own = {name: model for name, model in tables.items() if name.startswith(f"{subject}.")}
        yield ""
        yield f"## {subject}: {answers[0].lower()}{answers[1:]}"
        for name, model in own.items():
            yield ""
            yield f"### {name}"
            yield " ".join(model["description"].split())
            yield ""
            yield "| column | type | what it is |"
            yield "|---|---|---|"
            for column in model["columns"]:
                text = " ".join(column.get("description", "").split()).replace("|", "\\|")
                yield f"| `{column['name']}` | {column['data_type']} | {text} |"


def _entity(name: str) -> str:
    return name.replace(".", "__")


def _tables() -> dict[str, dict[str, Any]]:
    """`schema.table` -> its model as declared, by subject and name."""
    found = {}
    for subject in SUBJECTS:
        for file in sorted((MARTS / subject).glob("*__models.yml")):
            for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]:
                found[f"{subject}.{model['name']}"] = model
    order = list(SUBJECTS)
    return dict(sorted(found.items(), key=lambda item: (order.index(item[0].split(".")[0]), item[0])))


def _seed(name: str) -> list[dict[str, str]]:
    with (REFERENCE_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    for file, text in render().items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
