"""Expectation suites: JSON in Great Expectations' own format -> typed, checked, frozen suites.

`expectations/raw/<entity>.json` is about `raw.<entity>` of the work file, `expectations/marts/<schema>.<table>.json`
about a relation of the marts file. A suite's `meta` says whether an empty relation is a failure (`required`) and,
for marts, which delivered columns it stems from (`built_from`); an expectation's `meta` holds `name`, `dimension`,
`severity`, `needs` and a `description` in `en` and `zh`.

`needs` and `built_from` are delivered columns: `column` (of the raw suite's own entity), `entity.column`, or
alternatives `a|b` of which one is enough. A value `{"$PARAMETER": "as_of_minus_90_days"}` is a date relative to the
as-of date; queries read it as `getvariable('as_of')`.

Errors: `QualityError` > `SuiteError`.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from dagster_project.companies import BookworthError
from dagster_project.ingest.contract import entities

Dimension = Literal["completeness", "accuracy", "freshness", "uniqueness", "validity", "consistency"]
Severity = Literal["error", "warn"]

STAGES = ("raw", "marts")
DIMENSIONS: tuple[Dimension, ...] = (
    "completeness",
    "accuracy",
    "freshness",
    "uniqueness",
    "validity",
    "consistency",
)
SEVERITIES: tuple[Severity, ...] = ("error", "warn")


class QualityError(BookworthError):
    """The data could not be judged; the message says why."""


class SuiteError(QualityError):
    """An expectation suite is wrong; the message names the file, the expectation and the fix."""


@dataclass(frozen=True)
class Kind:
    """An expectation type the suites may use, and the arguments it takes."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        return self.required | self.optional | self.one_of


def _kind(required: str, optional: str = "", one_of: str = "") -> Kind:
    return Kind(frozenset(required.split()), frozenset(optional.split()), frozenset(one_of.split()))


NOT_NULL = "expect_column_values_to_not_be_null"
QUERY = "expect_query_to_flag_few_rows"
ROW_COUNT = "expect_table_row_count_to_be_between"
_BOUNDS = "min_value max_value"
_MAP = "mostly row_condition"
KINDS: Mapping[str, Kind] = {
    NOT_NULL: _kind("column", _MAP),
    "expect_column_values_to_be_unique": _kind("column", _MAP),
    "expect_column_values_to_be_in_set": _kind("column value_set", _MAP),
    "expect_column_values_to_not_be_in_set": _kind("column value_set", _MAP),
    "expect_column_values_to_be_between": _kind("column", _MAP + " strict_min strict_max", _BOUNDS),
    "expect_column_values_to_match_regex": _kind("column regex", _MAP),
    "expect_column_values_to_not_match_regex": _kind("column regex", _MAP),
    "expect_column_pair_values_a_to_be_greater_than_b": _kind("column_A column_B ignore_row_if", _MAP + " or_equal"),
    "expect_compound_columns_to_be_unique": _kind("column_list ignore_row_if", _MAP),
    "expect_column_max_to_be_between": _kind("column", "row_condition", _BOUNDS),
    "expect_column_min_to_be_between": _kind("column", "row_condition", _BOUNDS),
    ROW_COUNT: _kind("", "", _BOUNDS),
    QUERY: _kind("query", "mostly"),
}
_META = frozenset({"name", "dimension", "severity", "needs", "description"})
_SUITE_META = frozenset({"required", "built_from"})
_PARAMETER = re.compile(r"as_of(?:_(minus|plus)_(\d+)_days)?")


@dataclass(frozen=True)
class Expectation:
    """One expectation of a suite. `kwargs` may hold `$PARAMETER` placeholders, which `kwargs_at` fills."""

    name: str
    type: str
    kwargs: Mapping[str, Any]
    dimension: Dimension
    severity: Severity
    needs: tuple[str, ...]
    description_en: str
    description_zh: str

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Columns named by the arguments, in order."""
        named = (self.kwargs.get(key) for key in ("column", "column_A", "column_B"))
        return (*(name for name in named if name), *self.kwargs.get("column_list", ()))

    @property
    def mostly(self) -> float:
        """Share of the judged rows that must hold, 0 to 1."""
        return float(self.kwargs.get("mostly", 1.0))

    def kwargs_at(self, as_of: date) -> dict[str, Any]:
        """The arguments with every placeholder replaced by a date."""
        filled = {key: _fill(value, as_of) for key, value in self.kwargs.items()}
        return filled


@dataclass(frozen=True)
class Suite:
    """The expectations on one relation, `schema.table`."""

    stage: str
    relation: str
    required: bool
    built_from: tuple[str, ...]
    expectations: tuple[Expectation, ...]
    path: Path

    @property
    def schema(self) -> str:
        return self.relation.split(".")[0]

    @property
    def table(self) -> str:
        """For a raw suite, the entity."""
        return self.relation.split(".")[1]


def load_suites(expectations_dir: Path, stage: str) -> tuple[Suite, ...]:
    """The suites of a stage in the order of their relations.

    Raises `SuiteError` for an unknown stage, a stage without suites, and whatever is wrong in one of them.
    """
    _one_of(stage, STAGES, f"{expectations_dir}: stage")
    paths = sorted((expectations_dir / stage).glob("*.json"))
    if not paths:
        raise SuiteError(f"{expectations_dir / stage}: no expectation suite there, so nothing would be checked")
    return tuple(load_suite(path, stage) for path in paths)


def load_suite(path: Path, stage: str) -> Suite:
    """One suite from its file; raises `SuiteError` naming the file and the expectation."""
    body = _read(path)
    stem = path.name.removesuffix(".json")
    relation = f"raw.{stem}" if stage == "raw" else stem
    if body.get("name") != relation:
        raise SuiteError(f'{path}: "name" must be "{relation}", as the file is called')
    _only(body, {"name", "meta", "expectations", "notes", "id", "suite_parameters"}, f"{path}")
    meta = body.get("meta", {})
    _only(meta, _SUITE_META, f"{path}: meta")
    if stage == "raw":
        _one_of(stem, entities(), f"{path}: the entity")
    elif relation.count(".") != 1:
        raise SuiteError(f"{path}: a marts suite is called <schema>.<table>.json")
    if not isinstance(meta.get("required"), bool):
        raise SuiteError(f"{path}: meta.required must be true or false: is an empty table a failure?")
    items = body.get("expectations")
    if not isinstance(items, list) or not items:
        raise SuiteError(f"{path}: the suite is empty; an empty suite would pass anything")
    suite = Suite(
        stage=stage,
        relation=relation,
        required=meta["required"],
        built_from=_needs(meta.get("built_from", []), stage, relation, f"{path}: meta.built_from"),
        expectations=tuple(
            _expectation(item, stage, relation, f"{path}: expectation {i}") for i, item in enumerate(items)
        ),
        path=path,
    )
    names = [e.name for e in suite.expectations]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SuiteError(f"{path}: names used twice: {', '.join(twice)}")
    if not any(e.severity == "error" for e in suite.expectations):
        raise SuiteError(
            f"{path}: no expectation has severity error, so an empty or missing table could not be held back"
        )
    return suite


def _expectation(item: Any, stage: str, relation: str, where: str) -> Expectation:
    if not isinstance(item, dict):
        raise SuiteError(f"{where}: must be an object with type, kwargs and meta")
    meta, kwargs = item.get("meta"), item.get("kwargs")
    if not isinstance(meta, dict) or not isinstance(kwargs, dict):
        raise SuiteError(f"{where}: meta and kwargs must be objects")
    name = meta.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]+", name):
        raise SuiteError(f"{where}: meta.name must be a word of a-z, 0-9 and _")
    where = f"{where} ({name})"
    _only(item, {"type", "kwargs", "meta", "id", "notes"}, where)
    _only(meta, _META, f"{where}: meta")
    _one_of(item.get("type"), KINDS, f"{where}: the expectation type")
    _one_of(meta.get("dimension"), DIMENSIONS, f"{where}: meta.dimension")
    _one_of(meta.get("severity"), SEVERITIES, f"{where}: meta.severity")
    description = meta.get("description")
    if not isinstance(description, dict) or not all(description.get(key) for key in ("en", "zh")):
        raise SuiteError(f"{where}: meta.description needs a sentence in en and one in zh")
    _check_kwargs(item["type"], kwargs, where)
    expectation = Expectation(
        name=name,
        type=item["type"],
        kwargs=kwargs,
        dimension=meta["dimension"],
        severity=meta["severity"],
        needs=_needs(meta.get("needs"), stage, relation, f"{where}: meta.needs"),
        description_en=description["en"],
        description_zh=description["zh"],
    )
    if stage == "raw":
        own = {c for c in expectation.columns if not c.startswith("_")}
        named = {need.removeprefix(f"{relation.split('.')[1]}.") for need in expectation.needs}
        for column in sorted(own - named):
            raise SuiteError(f"{where}: judges column {column}, so meta.needs must name it")
    return expectation


def _check_kwargs(kind_name: str, kwargs: Mapping[str, Any], where: str) -> None:
    kind = KINDS[kind_name]
    _only(kwargs, kind.known, f"{where}: kwargs")
    missing = sorted(kind.required - kwargs.keys())
    if missing:
        raise SuiteError(f"{where}: kwargs lack {', '.join(missing)}")
    if kind.one_of and not kind.one_of & kwargs.keys():
        raise SuiteError(f"{where}: kwargs need one of {', '.join(sorted(kind.one_of))}")
    mostly = kwargs.get("mostly", 1.0)
    if isinstance(mostly, bool) or not isinstance(mostly, int | float) or not 0 < mostly <= 1:
        raise SuiteError(f"{where}: mostly must be a share above 0 and at most 1")
    regex = kwargs.get("regex", "^$")
    if not (regex.startswith("^") and regex.endswith("$")):
        raise SuiteError(
            f"{where}: anchor the regular expression with ^ and $; in the database it matches whole values"
        )
    if kind_name == QUERY and ("{batch}" not in kwargs["query"] or "is_unexpected" not in kwargs["query"]):
        raise SuiteError(f"{where}: the query must read {{batch}} and return a boolean column is_unexpected")
    _fill(dict(kwargs), date(2000, 1, 1), where)


def _fill(value: Any, as_of: date, where: str = "") -> Any:
    if isinstance(value, dict) and "$PARAMETER" in value:
        match = _PARAMETER.fullmatch(str(value["$PARAMETER"]))
        if match is None or len(value) > 1:
            raise SuiteError(f"{where}: unknown parameter; use as_of, as_of_minus_<n>_days or as_of_plus_<n>_days")
        days = int(match[2] or 0)
        return as_of + timedelta(days=-days if match[1] == "minus" else days)
    if isinstance(value, dict):
        return {key: _fill(inner, as_of, where) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fill(inner, as_of, where) for inner in value]
    return value


def _needs(value: Any, stage: str, relation: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(need, str) for need in value):
        raise SuiteError(f"{where}: must be a list of columns")
    for need in value:
        for alternative in need.split("|"):
            _check_delivered_column(alternative, stage, relation, where)
    return tuple(value)


def _check_delivered_column(name: str, stage: str, relation: str, where: str) -> None:
    entity, _, column = name.rpartition(".")
    if not entity:
        if stage != "raw":
            raise SuiteError(f"{where}: write entity.column in a marts suite, not {name}")
        entity = relation.removeprefix("raw.")
    _one_of(entity, entities(), f"{where}: entity")
    _one_of(column, entities()[entity].columns, f"{where}: column of {entity}")


def _read(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SuiteError(f"{path}: cannot be read: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise SuiteError(f"{path}, line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from error
    if not isinstance(body, dict):
        raise SuiteError(f"{path}: a suite is an object with name, meta and expectations")
    return body


def _only(body: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    for key in body:
        _one_of(key, known, f"{where}: key")


def _one_of(value: Any, known: Iterable[str], what: str) -> None:
    names: Sequence[str] = tuple(known)
    if value not in names:
        near = difflib.get_close_matches(str(value), names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(names))}"
        raise SuiteError(f"{what} {value!r} is unknown; {hint}")
