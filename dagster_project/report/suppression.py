"""Complementary suppression: hide small cells, and as many others as it takes that none can be worked out.

Knows only cells and the sums that tie them; `small_cells` says which cells of the report those are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np

from dagster_project.report.errors import ReportError

Key = tuple[Hashable, ...]
Relation = Mapping[Key, int]  # coefficients of cells that sum to zero


@dataclass
class Cells:
    """Cells of one system.

    `sensitive` must not be found out; `unpublished` are shown to nobody to begin with; `dear` are hidden last.
    """

    values: dict[Key, float] = field(default_factory=dict)
    sensitive: set[Key] = field(default_factory=set)
    unpublished: set[Key] = field(default_factory=set)
    dear: set[Key] = field(default_factory=set)
    relations: list[Relation] = field(default_factory=list)
    are_counts: bool = True

    def add(self, key: Key, value: Any, sensitive: bool = False, published: bool = True) -> None:
        self.values[key] = float(value)
        if sensitive:
            self.sensitive.add(key)
        if not published:
            self.unpublished.add(key)

    def relate(self, relation: Relation) -> None:
        """Add a sum, if all its cells are known."""
        if all(key in self.values for key in relation):
            self.relations.append(relation)


def protect(cells: Cells, least: int) -> set[Key]:
    """Keys to hide so that no sensitive cell is known or pinned down to fewer than `least` other values.

    Bounds come from counts not being negative. Where a whole book is that small all of it is hidden, and that is all.
    """
    hidden = cells.sensitive | cells.unpublished
    while at_risk := sorted(exposed(cells, hidden, least), key=repr):
        candidates = next((found for key in at_risk if (found := _candidates(cells, hidden, key))), None)
        if candidates is None:
            break
        # The smallest cell costs least; a zero adds nothing to hide behind.
        hidden.add(min(candidates, key=lambda k: (k in cells.dear, cells.values[k] == 0, cells.values[k], repr(k))))
    return hidden


def checked(cells: Cells, least: int) -> set[Key]:
    """`protect`, and proof of it: `ReportError` if a sensitive cell is shown or follows exactly from what is."""
    hidden = protect(cells, least)
    # Bounds cannot always be widened (a book of six); a value that follows exactly always can be hidden.
    left = (determined(cells.relations, hidden) & cells.sensitive) | (cells.sensitive - hidden)
    if left:
        raise ReportError(f"suppression: {len(left)} small cells could still be worked out; the report is not written")
    return hidden


def exposed(cells: Cells, hidden: set[Key], least: int) -> set[Key]:
    """Sensitive cells that a reader who sees all but `hidden` can work out, or bound too closely."""
    found = determined(cells.relations, hidden) & cells.sensitive
    if cells.are_counts:
        bounds = _bounds(cells, hidden)
        found |= {key for key in cells.sensitive & hidden if bounds[key][1] - bounds[key][0] < least}
    return found | (cells.sensitive - hidden)


def determined(relations: Iterable[Relation], hidden: set[Key]) -> set[Key]:
    """Hidden cells whose value follows from the sums: those no solution of the homogeneous system can move."""
    found: set[Key] = set()
    for keys, rows in _components(relations, hidden):
        position = {key: i for i, key in enumerate(keys)}
        matrix = np.zeros((len(rows), len(keys)))
        for i, row in enumerate(rows):
            for key in row.keys() & position.keys():
                matrix[i, position[key]] = row[key]
        _, sizes, basis = np.linalg.svd(matrix, full_matrices=True)
        free = basis[int((sizes > 1e-9).sum()) :]
        movable = (np.abs(free) > 1e-9).any(axis=0) if len(free) else np.zeros(len(keys), dtype=bool)
        found |= {key for key in keys if not movable[position[key]]}
    return found


def _components(relations: Iterable[Relation], hidden: set[Key]) -> list[tuple[list[Key], list[Relation]]]:
    """Relations that share hidden cells, taken together; those without one say nothing."""
    parent: dict[Key, Key] = {}

    def root(key: Key) -> Key:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    telling = [(relation, sorted(relation.keys() & hidden, key=repr)) for relation in relations]
    telling = [(relation, keys) for relation, keys in telling if keys]
    for _, keys in telling:
        for key in keys[1:]:
            parent[root(key)] = root(keys[0])
    grouped: dict[Key, tuple[set[Key], list[Relation]]] = defaultdict(lambda: (set(), []))
    for relation, keys in telling:
        members, rows = grouped[root(keys[0])]
        members.update(keys)
        rows.append(relation)
    return [(sorted(members, key=repr), rows) for members, rows in grouped.values()]


def _bounds(cells: Cells, hidden: set[Key]) -> dict[Key, tuple[float, float]]:
    """What the sums and not being negative leave possible for each hidden cell."""
    bounds = dict.fromkeys(hidden, (0.0, inf))
    telling = [relation for relation in cells.relations if relation.keys() & hidden]
    for _ in range(4):  # converges in two or three on these systems
        changed = False
        for relation in telling:
            unknown = relation.keys() & hidden
            known = sum(c * cells.values[key] for key, c in relation.items() if key not in hidden)
            for key in unknown:
                # c * x = -(known + the others): each other at whichever end is worst.
                low = high = -known
                for other in unknown - {key}:
                    c, (least, most) = relation[other], bounds[other]
                    low -= max(c * least, c * most)
                    high -= min(c * least, c * most)
                c = relation[key]
                low, high = (low / c, high / c) if c > 0 else (high / c, low / c)
                new = (max(bounds[key][0], low), min(bounds[key][1], high))
                if new != bounds[key]:
                    bounds[key], changed = new, True
        if not changed:
            break
    return bounds


def _candidates(cells: Cells, hidden: set[Key], key: Key) -> set[Key]:
    """Cells still shown in the sums that can tell about `key`."""
    for keys, rows in _components(cells.relations, hidden):
        if key in keys:
            return {other for relation in rows for other in relation} - hidden
    return set()
