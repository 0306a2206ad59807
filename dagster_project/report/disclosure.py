"""Small cells of the tables that `marts` declares: by their declaration, without knowing what they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dagster_project.report.content import HIDDEN, Row
from dagster_project.report.marts import Mart
from dagster_project.report.suppression import Cells, Key, checked


def hide_small(mart: Mart, rows: list[Row], mix: Sequence[Row], least: int) -> None:
    """Replace small counts of people, what stands on them and what would give them away by `HIDDEN`, in place.

    `mix` is the customer mix with its small cells already hidden: what is hidden there is hidden here.

    Raises `ReportError` if a small count could still be worked out.
    """
    if not mart.people or least <= 1:
        return
    hidden = checked(_cells(mart, rows, mix, least), least)
    in_mix = _hidden_in_mix(mart, mix)
    for at, row in enumerate(rows):
        gone = {column for column in mart.people if (at, column) in hidden}
        for column in (*mart.people, *mart.behind):
            if (column in gone or mart.behind.get(column) in gone) and row[column] is not None:
                row[column] = HIDDEN
        for column in mart.behind:
            if column in in_mix and row[in_mix[column][0]] in in_mix[column][1] and row[column] is not None:
                row[column] = HIDDEN
    if mart.is_ranked:
        # Among the rest the place of a hidden row would tell its size.
        rows.sort(key=lambda row: row[mart.people[0]] is HIDDEN)


def hide_repeats(mart: Mart, rows: Sequence[Row], gone: set[str]) -> None:
    """Replace what says again what a hidden indicator says."""
    for row in rows if mart.repeats else ():
        if row["indicator_code"] in gone:
            row.update({name: HIDDEN for name in mart.repeats.split() if row[name] is not None})


def _cells(mart: Mart, rows: Sequence[Row], mix: Sequence[Row], least: int) -> Cells:
    """Counts of people; the rows of a group add up to a total that is taken to be known."""
    cells = Cells()
    gone = _hidden_in_mix(mart, mix)
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        for way in mart.within.split(";"):
            groups[way, *(row[name] for name in way.split())].append(at)
        for column in mart.people:
            if row[column] is not None:
                is_gone = column in gone and row[gone[column][0]] in gone[column][1]
                cells.add((at, column), row[column], is_gone or 0 < abs(row[column]) < least)
        for tie in mart.ties:
            whole, *parts = tie.split()
            relation: dict[Key, int] = {(at, whole): -1}
            cells.relate(relation | {(at, part): 1 for part in parts})
    for group, members in () if mart.is_alone else groups.items():
        for column in mart.people:
            found: list[Key] = [(at, column) for at in members if (at, column) in cells.values]
            if found:
                total: Key = ("total", group, column)
                cells.add(total, sum(cells.values[key] for key in found))
                cells.dear.add(total)
                cells.relate(dict.fromkeys(found, 1) | {total: -1})
    return cells


def _hidden_in_mix(mart: Mart, mix: Sequence[Row]) -> dict[str, tuple[str, set[object]]]:
    """Column -> the key that names its buckets, and the buckets whose count the mix hides."""
    out: dict[str, tuple[str, set[object]]] = {}
    for alike in filter(None, mart.like_mix.split(";")):
        breakdown, key, *pairs = alike.split()
        for pair in pairs:
            column, _, measure = pair.partition("=")
            hidden = {row["breakdown_value"] for row in mix if row["breakdown"] == breakdown and row[measure] is HIDDEN}
            # Who never bought has no segment: what the mix calls unknown is none among the segments.
            hidden |= {"none"} if "unknown" in hidden else set()
            out[column] = (key, out.get(column, (key, set()))[1] | hidden)
    return out
