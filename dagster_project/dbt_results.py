"""What a dbt run says of itself, in words a user can act on and without values from the data."""

from __future__ import annotations

import json
from pathlib import Path


def failed_nodes(run_results: Path) -> str:
    """The models and tests that failed, by name, tests with how many rows broke them.

    Messages of the engine are left out: they may quote a value.
    """
    try:
        results = json.loads(run_results.read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError, KeyError):
        return "it stopped before it wrote results; see dbt.log in the company's target folder"
    failed = []
    for result in results:
        if result["status"] in ("error", "fail", "runtime error"):
            name = ".".join(result["unique_id"].split(".")[2:3]) or result["unique_id"]
            rows = result.get("failures")
            failed.append(f"{name} ({rows} rows break it)" if rows else f"{name} ({result['status']})")
    return "failed: " + "; ".join(failed) if failed else "it failed outside its models; see dbt.log"
