"""What was found, for people: a Markdown table of the fits, and a picture of the year held out."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence

from dagster_project.value.fits import Fit

_HEAD = ("model", "as of", "status", "parameters", "log-likelihood", "n", "tuples", "chosen", "why")


def summary(fits: Sequence[Fit]) -> str:
    """A Markdown table of every fit."""
    lines = [_row(_HEAD), _row("---" for _ in _HEAD)]
    for fit in fits:
        value = "" if fit.log_likelihood is None else f"{fit.log_likelihood:,.2f}"
        lines.append(
            _row(
                (
                    fit.model,
                    fit.run,
                    fit.status,
                    _short(fit.parameters, fit.standard_errors),
                    value,
                    f"{fit.customers:,}",
                    "" if fit.tuples is None else f"{fit.tuples:,}",
                    "yes" if fit.is_chosen else "no",
                    fit.reason,
                )
            )
        )
    return "\n".join(lines)


def holdout_picture(fits: Sequence[Fit]) -> str:
    """Expected against actual orders of the year held out, a pair of bars a model, as an image in Markdown."""
    held = [(fit.model, fit.holdout) for fit in fits if fit.run == "current" and fit.holdout is not None]
    if not held:
        return "No year could be held out."
    most = max(max(each.expected, each.actual) for _, each in held) or 1.0
    bars = []
    for number, (model, each) in enumerate(held):
        top = 24 + number * 56
        bars.append(f'<text x="4" y="{top - 6}">{model}</text>')
        for line, (name, value, colour) in enumerate(
            (("expected", each.expected, "#4477aa"), ("actual", each.actual, "#ccbb44"))
        ):
            y = top + line * 17
            bars.append(
                f'<rect x="4" y="{y}" width="{max(1, round(360 * value / most))}" height="14" fill="{colour}"/>'
            )
            bars.append(f'<text x="{12 + round(360 * value / most)}" y="{y + 11}">{name} {value:,.0f}</text>')
    height = 24 + 56 * len(held)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="520" height="{height}" font-family="sans" font-size="12">'
        f'<rect width="520" height="{height}" fill="#ffffff"/>{"".join(bars)}</svg>'
    )
    return f"![orders of the year held out](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _short(parameters: Mapping[str, float], errors: Mapping[str, float]) -> str:
    shown = [f"{name} {value:.4g} (se {errors.get(name, float('nan')):.2g})" for name, value in parameters.items()]
    return ", ".join(shown[:6]) + (" …" if len(shown) > 6 else "")
