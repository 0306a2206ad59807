"""Charts: rows in, a Plotly figure in each language out. No HTML, no SQL.

Text from the data is escaped, because Plotly reads `<b>` and `<a>` in labels as markup. Differences never rest on
colour alone: patterns, symbols or direct labels say the same.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dagster_project.report.content import HIDDEN, Language, Row, Text
from dagster_project.report.numbers import percent, written

if TYPE_CHECKING:
    import plotly.graph_objects as go

FONT = (
    "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'PingFang SC', 'Hiragino Sans GB', "
    "'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
)
INK, MUTED, GRID = "#1c2733", "#566270", "#e3e7ec"
NAVY, TEAL, RUST, STONE, PALE = "#1f4468", "#3f8f8a", "#b0502c", "#9aa5b1", "#c9d6e3"
# Old cohorts dark, young ones light; the lightest still stands out from white.
SEQUENCE = ("#12304d", "#1f4468", "#2d5a80", "#3d7199", "#4f88ae", "#669ec0", "#7fb2d0", "#98c3dc")

MOST_NAMED = 6  # more lines than this are named only where the name can be read

Figures = Mapping[Language, Mapping[str, Any]]


def in_both(build: Callable[[Language], go.Figure]) -> Figures:
    """The figure as plain JSON-ready dictionaries, once a language."""
    return {"en": _plain(build("en")), "zh": _plain(build("zh"))}


def _plain(figure: go.Figure) -> dict[str, Any]:
    out: dict[str, Any] = figure.to_plotly_json()
    out["layout"].pop("template", None)
    return out


def _layout(height: int, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "template": {},
        "height": height,
        "autosize": True,
        "dragmode": False,
        "font": {"family": FONT, "size": 12, "color": INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 8, "r": 24, "t": 12, "b": 8},
        "hoverlabel": {"bgcolor": "#ffffff", "bordercolor": MUTED, "font": {"color": INK, "size": 12}},
        "legend": {
            "orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "font": {"color": INK},
            "traceorder": "normal",
        },
        "separators": ".,",
    }  # fmt: skip
    return base | more


def _axis(**more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "automargin": True,
        "fixedrange": True,
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": MUTED,
        "tickfont": {"color": MUTED, "size": 12},
        "title": {"standoff": 10, "font": {"color": MUTED, "size": 12}},
    }
    title = more.pop("title", None)
    if title is not None:
        base["title"] = base["title"] | {"text": title}
    return base | more


def _month_ticks(months: int) -> str:
    """Plotly's step for a time axis with about ten ticks."""
    return next((f"M{step}" for step in (1, 2, 3, 6) if months <= 10 * step), "M12")


def _whole_ticks(months: int) -> int:
    """A step in months with at most ten ticks, so that none falls on a fraction."""
    return next((step for step in (1, 2, 3, 6) if months <= 10 * step), 12)


def label(text: str, lines: int = 3, width: int = 24) -> str:
    """A name for an axis: escaped, broken into lines, cut with an ellipsis when it is long."""
    width = width if text.isascii() else width // 2
    parts = textwrap.wrap(text, width) or [""]
    if len(parts) > lines:
        parts = [*parts[: lines - 1], parts[lines - 1][: width - 1] + "…"]
    return "<br>".join(html.escape(part) for part in parts)


def shown(value: Any) -> Any:
    """A value for Plotly: hidden cells leave a gap."""
    return None if value is None or value is HIDDEN else float(value)


def scores(rows: Sequence[tuple[Text, Row]], words: Mapping[str, Text]) -> Figures:
    """Dots with error bars, one a name, those without a score said to be so. The first stands on top."""
    import plotly.graph_objects as go

    def build(language: Language) -> go.Figure:
        scored = [(at, row) for at, (_, row) in enumerate(rows) if shown(row["score"]) is not None]
        rest = [(at, row) for at, (_, row) in enumerate(rows) if shown(row["score"]) is None]
        ticks = [label(name.of(language)) for name, _ in rows]
        low = [None if shown(r["score_ci_low"]) is None else r["score"] - r["score_ci_low"] for _, r in scored]
        high = [None if shown(r["score_ci_high"]) is None else r["score_ci_high"] - r["score"] for _, r in scored]
        return go.Figure(
            [
                go.Scatter(
                    x=[row["score"] for _, row in scored],
                    y=[at for at, _ in scored],
                    mode="markers+text",
                    marker={"size": 11, "color": NAVY},
                    error_x={
                        "type": "data", "symmetric": False, "array": [h or 0 for h in high],
                        "arrayminus": [w or 0 for w in low], "color": NAVY, "thickness": 1.5, "width": 5,
                    },
                    text=[f"{row['score']:.0f}" for _, row in scored],
                    textposition="top center",
                    textfont={"size": 11, "color": INK},
                    cliponaxis=False,
                    hovertext=[ticks[at] for at, _ in scored],
                    hovertemplate="%{hovertext}: %{x:.1f}<extra></extra>",
                    showlegend=False,
                ),
                go.Scatter(
                    x=[0 for _ in rest],
                    y=[at for at, _ in rest],
                    mode="text",
                    text=[
                        words["hidden" if row["score"] is HIDDEN else row["status"]].of(language) for _, row in rest
                    ],
                    textposition="middle right",
                    textfont={"size": 11, "color": MUTED},
                    hoverinfo="skip",
                    showlegend=False,
                ),
            ],
            _layout(
                70 + (42 if any(tick.count("<br>") > 1 for tick in ticks) else 32) * len(rows),
                xaxis=_axis(range=[0, 104], tickvals=[0, 20, 40, 60, 80, 100], title=words["score"].of(language)),
                yaxis=_axis(
                    tickvals=list(range(len(rows))),
                    ticktext=ticks,
                    tickfont={"color": INK, "size": 12},
                    range=[len(rows) - 0.3, -0.7],
                ),
            ),
        )  # fmt: skip

    return in_both(build)


# Column of the census -> colour, pattern, sign.
FLOWS: Mapping[str, tuple[str, str, int]] = {
    "new": (NAVY, "", 1),
    "reactivated": (TEAL, "/", 1),
    "lost_churned": (RUST, "", -1),
    "lost_completed": (STONE, "\\", -1),
}


def _flow_bars(
    rows: Sequence[Row], x: Sequence[Any], names: Mapping[str, Text], language: Language, **more: Any
) -> list[go.Bar]:
    import plotly.graph_objects as go

    bars = []
    for column, (colour, pattern, sign) in FLOWS.items():
        values = [None if (v := shown(row[column])) is None else sign * v for row in rows]
        if any(values):
            bars.append(
                go.Bar(
                    x=list(x),
                    y=values,
                    name=names[column].of(language),
                    marker={
                        "color": colour,
                        "pattern": {"shape": pattern, "fgcolor": "#ffffff", "bgcolor": colour, "size": 6},
                    },
                    hovertemplate="%{x}: %{y:,.0f}<extra>%{fullData.name}</extra>",
                    **more,
                )
            )
    return bars


def census_years(rows: Sequence[Row], names: Mapping[str, Text]) -> Figures:
    """Flows as bars above and below zero, the closing book as a line. Rows oldest first."""
    import plotly.graph_objects as go

    def build(language: Language) -> go.Figure:
        x = [row["period_end_on"].isoformat()[:7] for row in rows]
        closing = go.Scatter(
            x=x,
            y=[shown(row["closing"]) for row in rows],
            name=names["closing"].of(language),
            mode="lines+markers+text",
            line={"color": INK, "width": 2},
            marker={"size": 8, "color": "#ffffff", "line": {"color": INK, "width": 2}},
            text=["" if shown(row["closing"]) is None else written(row["closing"], "count") for row in rows],
            textposition="top center",
            cliponaxis=False,
            hovertemplate="%{x}: %{y:,.0f}<extra>%{fullData.name}</extra>",
        )
        return go.Figure(
            [*_flow_bars(rows, x, names, language), closing],
            _layout(
                380,
                barmode="relative",
                bargap=0.45,
                xaxis=_axis(type="category", title=names["year_to"].of(language)),
                yaxis=_axis(title=names["customers"].of(language), tickformat=",d", zeroline=True, zerolinecolor=MUTED),
            ),
        )

    return in_both(build)


def census_months(rows: Sequence[Row], names: Mapping[str, Text]) -> Figures:
    """The closing book above, the flows below, on one time axis. Rows oldest first."""
    import plotly.graph_objects as go

    def build(language: Language) -> go.Figure:
        x = [row["period_end_on"].isoformat() for row in rows]
        closing = go.Scatter(
            x=x,
            y=[shown(row["closing"]) for row in rows],
            name=names["closing"].of(language),
            mode="lines",
            line={"color": INK, "width": 2},
            yaxis="y2",
            hovertemplate="%{x|%Y-%m}: %{y:,.0f}<extra>%{fullData.name}</extra>",
        )
        bars = _flow_bars(rows, x, names, language, xperiodalignment="end")
        for bar in bars:
            bar.hovertemplate = "%{x|%Y-%m}: %{y:,.0f}<extra>%{fullData.name}</extra>"
        return go.Figure(
            [closing, *bars],
            _layout(
                440,
                barmode="relative",
                bargap=0.15,
                xaxis=_axis(type="date", tickformat="%Y-%m", dtick=_month_ticks(len(rows)), anchor="y"),
                yaxis=_axis(domain=[0, 0.5], tickformat=",d", zeroline=True, zerolinecolor=MUTED,
                            title=names["per_month"].of(language)),
                yaxis2=_axis(domain=[0.58, 1], tickformat=",d", rangemode="tozero",
                             title=names["closing"].of(language)),
            ),
        )  # fmt: skip

    return in_both(build)


def census_bridge(row: Row, names: Mapping[str, Text]) -> Figures:
    """From the opening to the closing book of one period; what is hidden stands in one step."""
    steps: list[tuple[Text, float, bool]] = [(names["opening"], float(row["opening"]), True)]
    known = 0.0
    for column, (_, _, sign) in FLOWS.items():
        value = shown(row[column])
        if value:
            steps.append((names[column], sign * value, False))
            known += sign * value
    rest = float(row["closing"]) - float(row["opening"]) - known
    if rest:
        steps.append((names["hidden_moves"], rest, False))
    steps.append((names["closing"], float(row["closing"]), True))
    return bridge(steps, names["customers"])


def _compact(value: float, language: Language) -> str:
    """A figure short enough to stand over a bar on a phone: millions, or the ten thousands that Chinese counts in."""
    if abs(value) < 1e5:
        return f"{value:,.0f}"
    return f"{value / 1e6:,.2f}M" if language == "en" else f"{value / 1e4:,.0f}万"


def bridge(steps: Sequence[tuple[Text, float, bool]], axis: Text) -> Figures:
    """Floating bars from one level to another; a step that `is_level` stands on the ground."""
    import plotly.graph_objects as go

    bases, at = [], 0.0
    for _, value, is_level in steps:
        bases.append(0.0 if is_level else at)
        at = value if is_level else at + value
    ends = [base + value for base, (_, value, _) in zip(bases, steps, strict=True)]
    tops = [max(base, end) for base, end in zip(bases, ends, strict=True)]

    def build(language: Language) -> go.Figure:
        ticks = [label(name.of(language), width=12) for name, _, _ in steps]
        colours = [STONE if is_level else NAVY if value >= 0 else RUST for _, value, is_level in steps]
        texts = [
            _compact(value, language) if is_level else ("+" if value > 0 else "") + _compact(value, language)
            for _, value, is_level in steps
        ]
        return go.Figure(
            [
                go.Bar(
                    x=list(range(len(steps))),
                    y=[value for _, value, _ in steps],
                    base=bases,
                    marker={"color": colours},
                    hovertext=[f"{tick}: {text}" for tick, text in zip(ticks, texts, strict=True)],
                    hovertemplate="%{hovertext}<extra></extra>",
                ),
                go.Scatter(
                    x=list(range(len(steps))), y=tops, mode="text", text=texts, textposition="top center",
                    textfont={"color": INK, "size": 12}, cliponaxis=False, hoverinfo="skip",
                ),
            ],
            _layout(
                360,
                meta="bridge",
                showlegend=False,
                margin={"l": 8, "r": 24, "t": 28, "b": 8},
                xaxis=_axis(tickvals=list(range(len(steps))), ticktext=ticks, showgrid=False,
                            range=[-0.6, len(steps) - 0.4], tickfont={"color": INK, "size": 12}),
                yaxis=_axis(title=axis.of(language), tickformat=",d", rangemode="tozero", zeroline=True,
                            zerolinecolor=MUTED),
            ),
        )  # fmt: skip

    return in_both(build)


def _stands_apart(at: int, lines: Sequence[tuple[str, Sequence[tuple[int, float | None]]]]) -> bool:
    """Whether the end of a line is far enough from all others for a name to be read there."""
    known = [{month: value for month, value in points if value is not None} for _, points in lines]
    everything = [value for points in known for value in points.values()]
    if not known[at]:
        return False
    month = max(known[at])
    others = (points[month] for i, points in enumerate(known) if i != at and month in points)
    return all(abs(value - known[at][month]) > 0.05 * (max(everything) - min(everything)) for value in others)


def cohort_revenue(
    lines: Sequence[tuple[str, Sequence[tuple[int, float | None]]]], words: Mapping[str, Text]
) -> Figures:
    """Revenue to date per customer by months since the first order, one line a cohort, named at its end."""
    import plotly.graph_objects as go

    def is_named(at: int) -> bool:
        return len(lines) <= MOST_NAMED or _stands_apart(at, lines)

    def build(language: Language) -> go.Figure:
        traces = []
        values = [value for _, points in lines for _, value in points if value is not None]
        # Where the first order is most of it, lines from zero would lie on one another.
        months = max(month for _, points in lines for month, _ in points)
        is_flat = min(values) > 0.4 * max(values)
        for i, (name, points) in enumerate(lines):
            colour = SEQUENCE[min(len(SEQUENCE) - 1, i * len(SEQUENCE) // max(len(lines), 1))]
            last = max((k for k, (_, value) in enumerate(points) if value is not None), default=-1)
            traces.append(
                go.Scatter(
                    x=[month for month, _ in points],
                    y=[value for _, value in points],
                    name=name,
                    mode="lines+markers+text",
                    connectgaps=True,
                    line={"color": colour, "width": 2},
                    marker={"size": 6, "symbol": i % 6},
                    text=[name if k == last and is_named(i) else "" for k in range(len(points))],
                    textposition="middle right",
                    textfont={"color": INK, "size": 11},
                    cliponaxis=False,
                    showlegend=False,
                    hovertemplate="%{fullData.name} +%{x}: %{y:,.0f}<extra></extra>",
                )
            )
        return go.Figure(
            traces,
            _layout(
                380,
                margin={"l": 8, "r": 64, "t": 16, "b": 8},
                xaxis=_axis(title=words["months_since"].of(language), rangemode="tozero", dtick=_whole_ticks(months)),
                yaxis=_axis(
                    title=words["to_date"].of(language), tickformat=",.0f", rangemode="normal" if is_flat else "tozero"
                ),
            ),
        )

    return in_both(build)


def mix(buckets: Sequence[tuple[Text, Any, Any]], words: Mapping[str, Text]) -> Figures:
    """Share of customers beside share of revenue, one pair a bucket, the largest on top."""
    import plotly.graph_objects as go

    def build(language: Language) -> go.Figure:
        # Positions, not names: two long names may be cut to the same text.
        y = list(range(len(buckets)))
        ticks = [label(name.of(language), lines=2) for name, _, _ in buckets]
        series = (
            ("customers", [c for _, c, _ in buckets], NAVY, ""),
            ("revenue", [r for _, _, r in buckets], PALE, "/"),
        )
        bars = [
            go.Bar(
                x=[0 if value is HIDDEN else shown(value) for value in values],
                y=y,
                orientation="h",
                name=words[name].of(language),
                marker={
                    "color": colour,
                    "line": {"color": NAVY, "width": 1},
                    "pattern": {"shape": pattern, "fgcolor": NAVY, "bgcolor": colour, "size": 5, "solidity": 0.2},
                },
                text=[words["hidden"].of(language) if v is HIDDEN else "" if v is None else percent(v) for v in values],
                textposition="outside",
                cliponaxis=False,
                textfont={"size": 11, "color": INK},
                hovertext=ticks,
                hovertemplate="%{hovertext}: %{text}<extra>%{fullData.name}</extra>",
            )
            for name, values, colour, pattern in series
            if any(value is not None for value in values)
        ]
        shares = [shown(value) or 0.0 for _, c, r in buckets for value in (c, r)]
        top = max(shares, default=0.0)
        low = min(0.0, *shares, -0.15 * top) if min(shares, default=0.0) < 0 else 0  # refunds can outweigh sales
        return go.Figure(
            bars,
            _layout(
                80 + 40 * len(buckets),
                barmode="group",
                bargap=0.28,
                bargroupgap=0.05,
                legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
                xaxis=_axis(tickformat=".0%", range=[low, min(1.22, max(top * 1.25, 0.05))], nticks=5, zeroline=True),
                yaxis=_axis(
                    tickvals=y,
                    ticktext=ticks,
                    range=[len(buckets) - 0.5, -0.5],
                    showgrid=False,
                    tickfont={"color": INK, "size": 12},
                ),
            ),
        )

    return in_both(build)


def quality(rows: Sequence[Row], names: Mapping[str, Text], words: Mapping[str, Text]) -> Figures:
    """Share of cells and rows as expected, a dot a dimension; the axis starts below the worst."""
    import plotly.graph_objects as go

    found = [row for row in rows if row["quality_share"] is not None]
    floor = min(0.9, int(min(row["quality_share"] for row in found) * 20) / 20)

    def build(language: Language) -> go.Figure:
        y = [label(names[row["dimension"]].of(language)) for row in found]
        return go.Figure(
            go.Scatter(
                x=[row["quality_share"] for row in found],
                y=y,
                mode="markers+text",
                marker={"size": 12, "color": NAVY, "symbol": "diamond"},
                text=[percent(row["quality_share"]) for row in found],
                textposition="middle left",
                textfont={"size": 12, "color": INK},
                cliponaxis=False,
                hovertemplate="%{y}: %{text}<extra></extra>",
            ),
            _layout(
                80 + 38 * len(found),
                showlegend=False,
                xaxis=_axis(tickformat=".0%" if floor < 0.9 else ".1%", range=[floor, 1.002], nticks=6,
                            title=words["quality_share"].of(language)),
                yaxis=_axis(type="category", categoryorder="array", categoryarray=list(reversed(y)),
                            tickfont={"color": INK, "size": 12}, range=[-0.6, len(found) - 0.4]),
            ),
        )  # fmt: skip

    return in_both(build)
