"""What was found, for people: a Markdown table of the fits, what each chosen one says, and the year held out."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from dagster_project.value.assess import Assessment
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


def fit_pictures(found: Assessment) -> str:
    """What each model chosen as of today says of the book, a picture each, as images in Markdown."""
    pictures = []
    for fit in found.fits:
        if fit.run == "current" and fit.is_chosen:
            for title, bars in _shown(fit, found):
                pictures.append(_picture(f"{fit.model}: {title}", bars))
    return "\n\n".join(pictures) or "No model could be fitted."


def parameters(fits: Sequence[Fit]) -> dict[str, dict[str, float | None]]:
    """Parameters and log-likelihood of every fit that came to any, by date and model."""
    return {
        f"{fit.run} {fit.model}": {**fit.parameters, "log_likelihood": fit.log_likelihood}
        for fit in fits
        if fit.parameters
    }


def _shown(fit: Fit, found: Assessment) -> list[tuple[str, list[tuple[str, float]]]]:
    values = fit.parameters
    if fit.component == "purchases":
        alive = np.concatenate(
            [made.p_alive for run, made in found.forecasts if run == "current" and made.component == "purchases"]
        )
        tenths = np.bincount(np.minimum((alive * 10).astype(int), 9), minlength=10)
        bars = [(f"{place / 10:.1f} to {(place + 1) / 10:.1f}", float(n)) for place, n in enumerate(tenths)]
        return [("customers by the chance that they are still there", bars)]
    if fit.component == "renewals":
        alpha, beta = values["alpha"], values["beta"]
        kept = [(str(turn), (beta + turn - 1) / (alpha + beta + turn - 1)) for turn in range(1, 11)]
        return [("chance of the first to the tenth renewal", kept)]
    if fit.component in ("follow_on", "referral"):
        levels = [
            (name.removeprefix("month_").replace("_", " to "), 1 / (1 + np.exp(-value)))
            for name, value in values.items()
            if name.startswith("month_")
        ]
        return [("chance in each month since the start", levels)]
    return []


def _picture(title: str, bars: Sequence[tuple[str, float]]) -> str:
    """Bars with their labels, one below the other."""
    most = max((value for _, value in bars), default=0.0) or 1.0
    rows = [f'<text x="4" y="16" font-weight="bold">{html.escape(title)}</text>']
    for number, (label, value) in enumerate(bars):
        top, width = 26 + number * 16, max(1, round(340 * value / most))
        rows.append(f'<text x="4" y="{top + 11}">{html.escape(label)}</text>')
        rows.append(f'<rect x="90" y="{top}" width="{width}" height="13" fill="#4477aa"/>')
        rows.append(f'<text x="{96 + width}" y="{top + 11}">{value:,.4g}</text>')
    return _image(title, "".join(rows), 34 + 16 * len(bars))


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
    return _image("orders of the year held out", "".join(bars), 24 + 56 * len(held))


def _image(title: str, content: str, height: int) -> str:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="520" height="{height}" font-family="sans" font-size="12">'
        f'<rect width="520" height="{height}" fill="#ffffff"/>{content}</svg>'
    )
    return f"![{title}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _short(parameters: Mapping[str, float], errors: Mapping[str, float]) -> str:
    shown = [f"{name} {value:.4g} (se {errors.get(name, float('nan')):.2g})" for name, value in parameters.items()]
    return ", ".join(shown[:6]) + (" …" if len(shown) > 6 else "")
