"""Which stages of the build in `build/` are done, and by which run: a build patched by another run is not published."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dagster_project.publish._files import write_json
from dagster_project.settings import CompanyPaths

STAGES = (
    "raw",
    "raw_checks",
    "intermediate",
    "value",
    "marts",
    "marts_checks",
    "indicators",
    "simulation",
    "scores",
    "reports",
)


def mark_stage(paths: CompanyPaths, stage: str, run_id: str) -> None:
    """Record that `run_id` finished `stage`. A later run of one asset overwrites the stage with its own id."""
    if stage not in STAGES:
        raise ValueError(f"unknown stage {stage!r}; known: {', '.join(STAGES)}")
    if paths.build.is_dir():
        write_json(paths.build / "stages.json", {**_read(paths), stage: run_id})


def stages_not_of_run(paths: CompanyPaths, run_id: str, stages: Sequence[str] = STAGES) -> list[str]:
    """The stages, in order, that `run_id` did not finish itself."""
    done = _read(paths)
    return [stage for stage in stages if done.get(stage) != run_id]


def _read(paths: CompanyPaths) -> dict[str, str]:
    try:
        content = json.loads((paths.build / "stages.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
