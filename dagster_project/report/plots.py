"""Charts of a shape, whatever they are about: rows of names and values in, a Plotly figure in each language out.

`figures` draws those of one subject. A value is drawn as it stands in its table; a hidden one says that it is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster_project.report.content import HIDDEN, Kind, Language, Text
from dagster_project.report.figures import (
    GRID,
    INK,
    MUTED,
    NAVY,
    RUST,
    SEQUENCE,
    STONE,
    TEAL,
    Figures,
    _axis,
    _layout,
    in_both,
    label,
    shown,
)
from dagster_project.report.numbers import written

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Series differ by colour, pattern and symbol at once.
COLOURS = (NAVY, TEAL, RUST, STONE, "#7a5c99", "#c9a227")
PATTERNS = ("", "/", "\\", ".", "x", "-")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
HIDDEN_WORD = Text("hidden", "隐去")
TICKS: Mapping[Kind, str] = {"share": ".0%", "money": ",.0f", "count": ",d", "score": ".0f", "ratio": ",.1f"}


@dataclass(frozen=True)
class Series:
    """One colour of a chart: a name and a value for each row."""

    name: Text
    values: Sequence[Any]


@dataclass(frozen=True)
class Line:
    """One line: x, y and, where it is an estimate, the ends of its interval."""

    name: Text
    points: Sequence[tuple[float, Any, Any, Any]]


@dataclass(frozen=True)
class Field:
    """One field of a grid: where it lies, how many are in it and what each of them brought."""

    x: int
    y: int
    count: Any
    value: Any


@dataclass(frozen=True)
class Link:
    """So many of the group `end`, one level on, were brought by the group `start`."""

    level: int
    start: int
    end: int
    count: int


def _said(value: Any, kind: Kind, language: Language) -> str:
    if value is HIDDEN:
        return HIDDEN_WORD.of(language)
    return "" if value is None else written(value, kind)


def _marker(at: int) -> dict[str, Any]:
    colour = COLOURS[at % len(COLOURS)]
    pattern = {"shape": PATTERNS[at % len(PATTERNS)], "fgcolor": "#ffffff", "bgcolor": colour, "size": 6}
    return {"color": colour, "pattern": pattern}


def _names(rows: Sequence[Text], language: Language, lines: int = 2) -> dict[str, Any]:
    """An axis of names from the top down, by position: two long names may be cut to the same text."""
    return _axis(
        tickvals=list(range(len(rows))),
        ticktext=[label(name.of(language), lines) for name in rows],
        range=[len(rows) - 0.4, -0.6],
        showgrid=False,
        tickfont={"color": INK, "size": 12},
    )


def bars(rows: Sequence[Text], series: Sequence[Series], kind: Kind, title: Text | None = None) -> Figures:
    """Horizontal bars, the first row on top, each with its figure beside it."""
    import plotly.graph_objects as go

    series = [each for each in series if any(value is not None for value in each.values)]
    values = [shown(value) or 0.0 for each in series for value in each.values]
    top, bottom = max([0.0, *values]), min([0.0, *values])
    spread = (top - bottom) or 1.0
    # Figures left of the bars need room; beside a sliver of a bar less.
    room = 0.0 if bottom == 0 else 0.24 if bottom < -0.02 * spread else 0.1

    def build(language: Language) -> go.Figure:
        traces = [
            go.Bar(
                x=[shown(value) or 0 for value in each.values],
                y=list(range(len(rows))),
                orientation="h",
                name=each.name.of(language),
                marker=_marker(at),
                text=[_said(value, kind, language) for value in each.values],
                textposition="outside",
                textfont={"size": 11, "color": INK},
                cliponaxis=False,
                hovertext=[label(name.of(language)) for name in rows],
                hovertemplate="%{hovertext}: %{text}<extra>%{fullData.name}</extra>",
                showlegend=len(series) > 1,
            )
            for at, each in enumerate(series)
        ]
        return go.Figure(
            traces,
            _layout(
                (64 if len(series) > 1 else 40) + (26 if title else 0) + (18 + 17 * len(series)) * len(rows),
                barmode="group",
                bargap=0.3,
                bargroupgap=0.06,
                xaxis=_axis(
                    tickformat=TICKS.get(kind, ",.2f"), nticks=5, zeroline=True, zerolinecolor=MUTED,
                    range=[bottom - room * spread, top + 0.22 * spread],
                    title=title.of(language) if title else None,
                ),
                yaxis=_names(rows, language),
            ),
        )  # fmt: skip

    return in_both(build)


def columns(
    xs: Sequence[Text],
    series: Sequence[Series],
    kind: Kind,
    axis: Text,
    stacked: bool = True,
    lines: Sequence[Series] = (),
) -> Figures:
    """Upright bars over periods or steps, stacked or beside one another, with lines over them."""
    import plotly.graph_objects as go

    def build(language: Language) -> go.Figure:
        x = [name.of(language) for name in xs]
        traces: list[Any] = [
            go.Bar(
                x=x,
                y=[shown(value) for value in each.values],
                name=each.name.of(language),
                marker=_marker(at),
                hovertemplate=f"%{{x}}: %{{y:{TICKS.get(kind, ',.2f')}}}<extra>%{{fullData.name}}</extra>",
                showlegend=len(series) + len(lines) > 1,
            )
            for at, each in enumerate(series)
        ]
        traces += [
            go.Scatter(
                x=x,
                y=[shown(value) for value in each.values],
                name=each.name.of(language),
                mode="lines+markers",
                line={"color": INK, "width": 2, "dash": DASHES[at % len(DASHES)]},
                marker={"size": 7, "color": "#ffffff", "line": {"color": INK, "width": 2}},
                hovertemplate=f"%{{x}}: %{{y:{TICKS.get(kind, ',.2f')}}}<extra>%{{fullData.name}}</extra>",
            )
            for at, each in enumerate(lines)
        ]
        return go.Figure(
            traces,
            _layout(
                360,
                barmode="relative" if stacked else "group",
                bargap=0.35,
                xaxis=_axis(type="category", tickfont={"color": INK, "size": 12}, nticks=12),
                yaxis=_axis(
                    title=axis.of(language), tickformat=TICKS.get(kind, ",.2f"), zeroline=True, zerolinecolor=MUTED
                ),
            ),
        )

    return in_both(build)


def pareto(rows: Sequence[Text], counts: Sequence[Any], shares: Sequence[Any], words: Mapping[str, Text]) -> Figures:
    """Bars from the largest down, and what they add up to as a line."""
    import plotly.graph_objects as go

    def build(language: Language) -> go.Figure:
        x = list(range(len(rows)))
        return go.Figure(
            [
                go.Bar(
                    x=x, y=[shown(value) or 0 for value in counts], marker={"color": NAVY},
                    name=words["count"].of(language), text=[_said(value, "count", language) for value in counts],
                    textposition=["outside" if value is HIDDEN else "inside" for value in counts],
                    insidetextanchor="start", textfont={"size": 11}, cliponaxis=False,
                    hovertext=[label(name.of(language)) for name in rows],
                    hovertemplate="%{hovertext}: %{text}<extra></extra>",
                ),
                go.Scatter(
                    x=x, y=[shown(value) for value in shares], yaxis="y2", mode="lines+markers",
                    name=words["cumulative"].of(language), connectgaps=True,
                    line={"color": RUST, "width": 2}, marker={"size": 7, "symbol": "diamond"},
                    hovertemplate="%{y:.0%}<extra>%{fullData.name}</extra>",
                ),
            ],
            _layout(
                390,
                margin={"l": 8, "r": 48, "t": 12, "b": 8},
                xaxis=_axis(tickvals=x, ticktext=[label(name.of(language)) for name in rows], showgrid=False,
                            range=[-0.6, len(rows) - 0.4], tickfont={"color": INK, "size": 11}),
                yaxis=_axis(title=words["count"].of(language), tickformat=",d", rangemode="tozero"),
                yaxis2=_axis(overlaying="y", side="right", range=[0, 1.05], tickformat=".0%", showgrid=False,
                             tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1]),
            ),
        )  # fmt: skip

    return in_both(build)


def curves(
    lines: Sequence[Line], kind: Kind, x_axis: Text, y_axis: Text, is_step: bool = False, diagonal: Text | None = None
) -> Figures:
    """Lines with their bands, told apart by colour, dash and a name at their end."""
    import plotly.graph_objects as go

    def build(language: Language) -> go.Figure:
        traces: list[Any] = []
        if diagonal is not None:
            traces.append(
                go.Scatter(
                    x=[0, 1], y=[0, 1], mode="lines", name=diagonal.of(language), hoverinfo="skip",
                    line={"color": MUTED, "width": 1, "dash": "dot"},
                )
            )  # fmt: skip
        for at, line in enumerate(lines):
            traces += _band(at, line, language, is_step)
            colour = COLOURS[at % len(COLOURS)]
            traces.append(
                go.Scatter(
                    x=[x for x, _, _, _ in line.points],
                    y=[shown(y) for _, y, _, _ in line.points],
                    name=line.name.of(language),
                    mode="lines",
                    connectgaps=True,
                    line={
                        "color": colour, "width": 2, "dash": DASHES[at % len(DASHES)],
                        "shape": "hv" if is_step else "linear",
                    },
                    hovertemplate=f"%{{x}}: %{{y:{'.1%' if kind == 'share' else TICKS.get(kind, ',.2f')}}}"
                    "<extra>%{fullData.name}</extra>",
                    showlegend=len(lines) > 1,
                )
            )  # fmt: skip
        return go.Figure(
            traces,
            _layout(
                380,
                xaxis=_axis(title=x_axis.of(language), rangemode="tozero",
                            tickformat=".0%" if diagonal is not None else ""),
                yaxis=_axis(title=y_axis.of(language), tickformat=TICKS.get(kind, ",.2f"), rangemode="tozero"),
            ),
        )  # fmt: skip

    return in_both(build)


def _band(at: int, line: Line, language: Language, is_step: bool) -> list[Any]:
    """The interval as a light area behind its line."""
    import plotly.graph_objects as go

    known = [(x, low, high) for x, _, low, high in line.points if shown(low) is not None and shown(high) is not None]
    if not known:
        return []
    colour = COLOURS[at % len(COLOURS)].lstrip("#")
    red, green, blue = (int(colour[i : i + 2], 16) for i in (0, 2, 4))
    shape = {"width": 0, "shape": "hv" if is_step else "linear"}
    same: dict[str, Any] = {"x": [x for x, _, _ in known], "mode": "lines", "line": shape, "hoverinfo": "skip",
                            "showlegend": False}  # fmt: skip
    return [
        go.Scatter(y=[high for _, _, high in known], **same),
        go.Scatter(
            y=[low for _, low, _ in known], fill="tonexty", fillcolor=f"rgba({red},{green},{blue},0.14)", **same
        ),
    ]


def dots(
    rows: Sequence[Text], points: Sequence[tuple[Any, Any, Any]], kind: Kind, title: Text, marks: Sequence[float] = ()
) -> Figures:
    """Values with their intervals, the first row on top; `marks` are lines to read them against."""
    import plotly.graph_objects as go

    def build(language: Language) -> go.Figure:
        known = [(at, *map(shown, point)) for at, point in enumerate(points) if shown(point[0]) is not None]
        errors = [
            (max(0.0, value - low), max(0.0, high - value)) if low is not None and high is not None else (0.0, 0.0)
            for _, value, low, high in known
        ]  # fmt: skip
        trace = go.Scatter(
            x=[value for _, value, _, _ in known],
            y=[at for at, _, _, _ in known],
            mode="markers+text",
            marker={"size": 11, "color": NAVY},
            error_x={
                "type": "data", "symmetric": False, "arrayminus": [low for low, _ in errors],
                "array": [high for _, high in errors], "color": NAVY, "thickness": 1.5, "width": 5,
            },
            text=[written(value, kind) for _, value, _, _ in known],
            textposition="top center",
            textfont={"size": 11, "color": INK},
            cliponaxis=False,
            hovertext=[label(rows[at].of(language)) for at, _, _, _ in known],
            hovertemplate="%{hovertext}: %{text}<extra></extra>",
            showlegend=False,
        )  # fmt: skip
        layout = _layout(
            64 + 34 * len(rows),
            xaxis=_axis(title=title.of(language), tickformat=TICKS.get(kind, ",.2f"), nticks=6, zeroline=True,
                        zerolinecolor=GRID),
            yaxis=_names(rows, language) | {"range": [len(rows) - 0.3, -0.8]},
            shapes=[
                {"type": "line", "x0": mark, "x1": mark, "yref": "paper", "y0": 0, "y1": 1,
                 "line": {"color": MUTED, "width": 1, "dash": "dot"}}
                for mark in marks
            ],
        )  # fmt: skip
        return go.Figure([trace], layout)

    return in_both(build)


def grid(
    fields: Sequence[Field], names: tuple[Sequence[str], Sequence[str]], titles: tuple[Text, Text], currency: str
) -> Figures:
    """A map: the darker a field, the more each of its customers brought; both figures stand in it."""
    import plotly.graph_objects as go

    known = sorted(value for field in fields if (value := shown(field.value)) is not None)

    def shade(field: Field) -> str:
        value = shown(field.value)
        if value is None:
            return "#ffffff"
        # By rank: one rich field would leave all others alike.
        return SEQUENCE[-1 - known.index(value) * len(SEQUENCE) // len(known)]

    def build(language: Language) -> go.Figure:
        texts = [
            HIDDEN_WORD.of(language)
            if field.count is HIDDEN
            else f"{written(field.count, 'count')}<br>{_short(field.value, language)}"
            for field in fields
        ]
        trace = go.Bar(
            x=[field.x for field in fields],
            y=[1 for _ in fields],
            base=[field.y - 0.5 for field in fields],
            width=1,
            marker={"color": [shade(field) for field in fields], "line": {"color": "#ffffff", "width": 2}},
            text=texts,
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            insidetextfont={
                "color": ["#ffffff" if shade(field) in SEQUENCE[:5] else INK for field in fields], "size": 11,
            },
            constraintext="none",
            cliponaxis=False,
            hovertext=[f"{names[0][field.x]} | {names[1][field.y]}" for field in fields],
            hovertemplate=f"%{{hovertext}}<br>%{{text}} {currency}<extra></extra>",
            showlegend=False,
        )  # fmt: skip
        axes = [
            _axis(
                title=title.of(language), tickvals=list(range(len(found))), ticktext=[label(name) for name in found],
                range=[-0.5, len(found) - 0.5], showgrid=False, tickfont={"color": INK, "size": 11},
            )
            for title, found in zip(titles, names, strict=True)
        ]  # fmt: skip
        return go.Figure([trace], _layout(110 + 58 * len(names[1]), xaxis=axes[0], yaxis=axes[1], bargap=0))

    return in_both(build)


def _short(value: Any, language: Language) -> str:
    """Money small enough for a field: beyond five digits thousands, or the ten thousands that Chinese counts in."""
    if value is None or value is HIDDEN:
        return HIDDEN_WORD.of(language) if value is HIDDEN else ""
    number = float(value)
    if abs(number) < 1e5:
        return f"{number:,.0f}"
    return f"{number / 1e4:,.1f}万" if language == "zh" else f"{number / 1e3:,.1f}k"


def network(links: Sequence[Link], groups: Sequence[Text], levels: Sequence[Text]) -> Figures:
    """Who brought whom: a circle a group and level, a line as wide as the customers that came over it."""
    import plotly.graph_objects as go

    most = max(link.count for link in links)
    sizes: dict[tuple[int, int], int] = {}
    for link in links:
        if link.level == 0:
            sizes[0, link.start] = sizes.get((0, link.start), 0) + link.count
        place = link.level + 1, link.end
        sizes[place] = sizes.get(place, 0) + link.count
        sizes.setdefault((link.level, link.start), 0)
    last = max(level for level, _ in sizes)

    def build(language: Language) -> go.Figure:
        lines = [
            go.Scatter(
                x=[link.level, link.level + 1], y=[link.start, link.end], mode="lines", hoverinfo="skip",
                line={"width": 1.5 + 20 * link.count / most, "color": COLOURS[link.start % len(COLOURS)]},
                opacity=0.35, showlegend=False,
            )
            for link in sorted(links, key=lambda link: -link.count)
        ]  # fmt: skip
        # So far along that no two lines of a step pass the same height.
        along = 1 / (len(groups) + 1)
        counts = go.Scatter(
            x=[link.level + along for link in links],
            y=[link.start + along * (link.end - link.start) for link in links],
            mode="text",
            text=[written(link.count, "count") for link in links],
            textposition="middle right",
            textfont={"color": INK, "size": 11},
            hovertext=[
                f"{groups[link.start].of(language)} → {groups[link.end].of(language)}: {link.count:,}" for link in links
            ],
            hovertemplate="%{hovertext}<extra></extra>",
            showlegend=False,
        )
        nodes = go.Scatter(
            x=[level for level, _ in sizes],
            y=[group for _, group in sizes],
            mode="markers",
            marker={
                "size": [8 + 22 * (size / max(sizes.values())) ** 0.5 for size in sizes.values()],
                "color": [COLOURS[group % len(COLOURS)] for _, group in sizes],
                "opacity": 1, "line": {"color": "#ffffff", "width": 2},
            },
            hoverinfo="skip", cliponaxis=False, showlegend=False,
        )  # fmt: skip
        return go.Figure(
            [*lines, nodes, counts],
            _layout(
                110 + 76 * len(groups),
                margin={"l": 8, "r": 30, "t": 16, "b": 8},
                xaxis=_axis(
                    tickvals=list(range(last + 1)),
                    ticktext=[label(name.of(language), width=12) for name in levels[: last + 1]],
                    range=[-0.25, last + 0.25], showgrid=False, tickfont={"color": INK, "size": 12},
                ),
                yaxis=_names(groups, language),
            ),
        )  # fmt: skip

    return in_both(build)
