"""Chapters and tables -> self-contained pages: everything inlined, nothing fetched, only what is hashed may run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from itertools import groupby
from typing import Any, NoReturn

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dagster_project.report.content import NUMERIC, Block, Chapter, Chart, Heat, Language, Part, Table, Text, within
from dagster_project.report.data import ReportData
from dagster_project.report.errors import ReportError
from dagster_project.report.html import Writer, grouped
from dagster_project.report.seller import shortened
from dagster_project.report.tables import sources


@dataclass(frozen=True)
class Assets:
    """Style and scripts as they stand in the page; Plotly is its basic bundle, in `vendor`: lines, dots and bars.

    The whole library, which the Python package carries, takes four times the bytes and two seconds more to start.
    """

    css: Markup
    head_js: Markup
    ui_js: Markup
    charts_js: Markup
    plotly_js: Markup

    @property
    def plotly_styles(self) -> list[str]:
        """Ids of style elements Plotly would add, unless they are there: empty ones keep it from trying.

        It puts rules of its own into the first, which a policy allows where it would not allow a new element.
        """
        return ["plotly.js-style-global", *sorted(set(_STYLE_ID.findall(self.plotly_js)))]


def policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """A Content-Security-Policy that allows what is inlined and nothing else."""
    allowed = [" ".join(dict.fromkeys(map(_hash, inlined))) for inlined in (scripts, styles)]
    return (
        f"default-src 'none'; script-src {allowed[0]}; style-src {allowed[1]}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


PDF_NAMES: Mapping[Language, str] = {"en": "assessment-en.pdf", "zh": "assessment-zh.pdf"}
PARTS: Sequence[Part] = ("summary", "dimension", "annex")
_STYLE_ID = re.compile(r'getElementById\("([0-9a-f]{64})"\)')


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def assets() -> Assets:
    """Read once a process. `ReportError` if a script would end its own element early."""
    folder = files("dagster_project.report") / "templates"
    plotly = files("dagster_project.report") / "vendor" / "plotly-basic.min.js"
    texts = {
        "css": (folder / "report.css").read_text(encoding="utf-8"),
        "head_js": (folder / "head.js").read_text(encoding="utf-8"),
        "ui_js": (folder / "ui.js").read_text(encoding="utf-8"),
        "charts_js": (folder / "charts.js").read_text(encoding="utf-8"),
        # A browser reads CR LF in a page as LF, and hashes that.
        "plotly_js": plotly.read_text(encoding="utf-8").replace("\r\n", "\n").replace("\r", "\n"),
    }
    for name, text in texts.items():
        if "</script" in text.lower() or "<!--" in text or "</style" in text.lower():
            raise ReportError(f"{name} cannot be inlined: it holds the end of its own element")
    return Assets(**{name: Markup(text) for name, text in texts.items()})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dagster_project.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(numeric=NUMERIC, unknown_block=_unknown_block)
    return environment


def _unknown_block(kind: str) -> NoReturn:
    raise ReportError(f"_blocks.j2 has no way to show a {kind}")


def script_json(value: Any) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def index_page(
    data: ReportData, chapters: Sequence[Chapter], tables: Mapping[str, Table], has_pdf: bool = False
) -> str:
    """The report: all chapters, their charts in both languages, links to the tables."""
    found = assets()
    charts = [block for chapter in chapters for block in chapter.blocks if isinstance(block, Chart)]
    return _render(
        "index.html.j2",
        data,
        title=Text(f"{data.company.name_en}: customer book assessment", f"{data.company.name_zh}：客户资源评估报告"),
        csp=policy((found.head_js, found.ui_js, found.plotly_js, found.charts_js), (found.css, "")),
        chapters=chapters,
        parts=[(part, [at for at in enumerate(chapters, 1) if at[1].part == part]) for part in PARTS],
        tables=tables,
        pdf_names=PDF_NAMES if has_pdf else {},
        profile=data.labels.or_verbatim("profile", data.company.profile),
        runs=_runs,
        chapter_sources=_sources,
        style_ids=found.plotly_styles,
        figures=script_json({chart.id: chart.figures for chart in charts}),
    )


def table_page(data: ReportData, name: str, table: Table) -> str:
    """One published table by itself."""
    found = assets()
    return _render(
        "table.html.j2",
        data,
        title=Text(f"{data.company.name_en}: {table.title.en}", f"{data.company.name_zh}：{table.title.zh}"),
        csp=policy((found.head_js, found.ui_js), (found.css,)),
        style_ids=[],
        name=name,
        table=table,
    )


def seller_page(data: ReportData, tables: Mapping[str, Table]) -> str:
    """Rows of customers, in a file of its own that says what it is."""
    found = assets()
    return _render(
        "seller.html.j2",
        data,
        title=Text(f"{data.company.name_en}: for the seller only", f"{data.company.name_zh}：仅供卖方使用"),
        csp=policy((found.head_js, found.ui_js), (found.css,)),
        style_ids=[],
        tables={name: shortened(table) for name, table in tables.items()},
    )


def _render(template: str, data: ReportData, **values: Any) -> str:
    writer = Writer(data.company.currency, data.labels)
    return (
        _environment()
        .get_template(template)
        .render(data=data, w=writer, assets=assets(), groups=partial(grouped, labels=data.labels), **values)
        + "\n"
    )


def _runs(blocks: Sequence[Block]) -> list[tuple[str, list[Block]]]:
    """Neighbouring small charts share a grid."""

    def size(block: Block) -> str:
        return block.size if isinstance(block, Chart) else "wide"

    return [(key, list(run)) for key, run in groupby(blocks, key=size)]


def _sources(chapter: Chapter) -> tuple[str, ...]:
    """Published tables a chapter shows."""
    queries = []
    for block in within(chapter.blocks):
        if isinstance(block, Chart) and block.table is not None:
            queries.append(block.table.query)
        elif isinstance(block, Table | Heat):
            queries.append(block.query)
    return sources(queries)
