"""The SQL that shows a person the rows an expectation counted. It is text to read and paste; nothing here runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from dagster_project.quality.suites import QUERY, Expectation, Suite

_OPERATORS = {"==": "=", "!=": "<>", "IN": "in", "NOT_IN": "not in"}


def rows_sql(suite: Suite, expectation: Expectation, as_of: date) -> str:
    """A statement returning the unexpected rows of `expectation` (for an aggregate: the aggregate)."""
    kwargs = expectation.kwargs_at(as_of)
    relation = suite.relation
    if expectation.type == QUERY:
        query = kwargs["query"].replace("{batch}", relation).replace("getvariable('as_of')", _literal(as_of))
        return f"from ({query}) where is_unexpected"
    select, condition = _SHAPES[expectation.type](kwargs)
    narrowed = _row_condition(kwargs.get("row_condition"))
    if select is not None:
        shown = f"select {select} from {relation}"  # noqa: S608 - names of a suite, shown and not run
        return f"{shown} where {narrowed}" if narrowed else shown
    if " qualify " in f" {condition} ":
        where, _, qualify = condition.partition(" qualify ")
        return f"from {relation} where {' and '.join(filter(None, [narrowed, where]))} qualify {qualify}"
    return f"from {relation} where {' and '.join(filter(None, [narrowed, condition]))}"


_Shape = tuple[str | None, str]


def _between(kwargs: Mapping[str, Any]) -> _Shape:
    column = _name(kwargs["column"])
    below, above = ("<=" if kwargs.get("strict_min") else "<"), (">=" if kwargs.get("strict_max") else ">")
    bounds = [
        f"{column} {operator} {_literal(kwargs[bound])}"
        for bound, operator in (("min_value", below), ("max_value", above))
        if kwargs.get(bound) is not None
    ]
    return None, f"({' or '.join(bounds)})"


def _greater(kwargs: Mapping[str, Any]) -> _Shape:
    operator = "<" if kwargs.get("or_equal") else "<="
    return None, f"{_name(kwargs['column_A'])} {operator} {_name(kwargs['column_B'])}"


def _repeated(columns: Sequence[str]) -> _Shape:
    names = [_name(column) for column in columns]
    present = " and ".join(f"{name} is not null" for name in names)
    return None, f"{present} qualify count(*) over (partition by {', '.join(names)}) > 1"


def _in_set(kwargs: Mapping[str, Any], negation: str) -> _Shape:
    return None, f"{_name(kwargs['column'])} {negation} {_literal(kwargs['value_set'])}"


def _matches(kwargs: Mapping[str, Any], negation: str) -> _Shape:
    return None, f"{negation}regexp_full_match({_name(kwargs['column'])}, {_literal(kwargs['regex'])})"


_SHAPES: Mapping[str, Callable[[Mapping[str, Any]], _Shape]] = {
    "expect_column_values_to_not_be_null": lambda k: (None, f"{_name(k['column'])} is null"),
    "expect_column_values_to_be_unique": lambda k: _repeated([k["column"]]),
    "expect_column_values_to_be_in_set": lambda k: _in_set(k, "not in"),
    "expect_column_values_to_not_be_in_set": lambda k: _in_set(k, "in"),
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_match_regex": lambda k: _matches(k, "not "),
    "expect_column_values_to_not_match_regex": lambda k: _matches(k, ""),
    "expect_column_pair_values_a_to_be_greater_than_b": _greater,
    "expect_compound_columns_to_be_unique": lambda k: _repeated(k["column_list"]),
    "expect_column_max_to_be_between": lambda k: (f"max({_name(k['column'])})", ""),
    "expect_column_min_to_be_between": lambda k: (f"min({_name(k['column'])})", ""),
    "expect_table_row_count_to_be_between": lambda k: ("count(*)", ""),
}


def _row_condition(condition: Mapping[str, Any] | None) -> str:
    if condition is None:
        return ""
    match condition["type"]:
        case "nullity":
            return f"{_name(condition['column']['name'])} is {'' if condition['is_null'] else 'not '}null"
        case "comparison":
            operator = _OPERATORS.get(condition["operator"], condition["operator"])
            return f"{_name(condition['column']['name'])} {operator} {_literal(condition['parameter'])}"
        case junction:
            return "(" + f" {junction} ".join(_row_condition(inner) for inner in condition["conditions"]) + ")"


def _name(column: str) -> str:
    return column if column.isidentifier() and column.islower() else '"' + column.replace('"', '""') + '"'


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return "(" + ", ".join(_literal(inner) for inner in value) + ")"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)
