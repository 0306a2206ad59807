"""Guesses -> a commented company.yaml that loads, and that says what it is unsure of."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import yaml

from dagster_project.companies import DELIMITERS, Source
from dagster_project.ingest.casting import quoted
from dagster_project.ingest.contract import Column
from dagster_project.tools import words
from dagster_project.tools.guess import Guess, Match
from dagster_project.tools.profile import ColumnProfile, FileProfile

BOOK = ("customers", "orders", "order_lines")
# A record missing from a later file of these has most likely been deleted; the rest grow by what is new.
_MASTER = {"customers", "products", "channels", "staff", "partners", "contacts", "contracts", "campaigns",
           "crm_systems", "security_controls", "competitors"}  # fmt: skip
_TRUE = "('true', 't', '1', 'yes', 'y', '是')"
_SHOWN = 60


def company_yaml(company_id: str, guesses: Sequence[Guess], profile: str | None = None) -> str:
    """The text of company.yaml. Sources that cannot be read yet stand in it as comments."""
    chosen = [g for g in guesses if g.entity is not None]
    lines = [*_head(company_id, chosen, profile), "sources:"]
    seen: dict[str, str] = {}
    for guess in sorted(chosen, key=_order):
        assert guess.entity is not None
        body = list(_source(guess, seen.get(guess.entity.name)))
        is_usable = not guess.missing
        lines += ["", *(body if is_usable else [f"  #{line[1:]}" for line in body])]
        if is_usable:
            seen.setdefault(guess.entity.name, guess.file.name)
    if "orders" not in seen and "order_lines" not in seen:
        for guess in chosen:
            lines += _won_deals(guess)
    lines += _left_over([g for g in guesses if g.entity is None])
    return "\n".join(lines) + "\n"


def _order(guess: Guess) -> tuple[bool, list[int], float]:
    assert guess.entity is not None
    rank = [BOOK.index(guess.entity.name)] if guess.entity.name in BOOK else [len(BOOK)]
    return bool(guess.missing), rank, -guess.score


def _head(company_id: str, guesses: Sequence[Guess], profile: str | None) -> Iterator[str]:
    trade, why = (profile, "") if profile else _trade(guesses)
    currency, zone, whence = _currency(guesses)
    revenue = next((e for e in ("orders", "order_lines", "invoices", "contracts") if _has(guesses, e)), "orders")
    revenue = "orders" if revenue == "order_lines" else revenue
    yield f"# Drafted by `bookworth new {company_id}` from the files' headers and the shapes of their cells."
    yield "# Read every line marked `unsure`, mend it, then run: bookworth check " + company_id
    yield "# What each key means: docs/adding-a-company.md; editors complete it from docs/company.schema.json."
    yield f"id: {company_id}"
    yield f"name: {{en: {company_id}, zh: {company_id}}}   # unsure: the company's name in English and Chinese"
    known = "wedding_photography, public_safety_equipment, generic_b2c, generic_b2b"
    yield f"profile: {trade}" + (f"   # unsure: {why}; one of {known}" if why else "")
    yield f"currency: {currency}   # unsure: {whence}; the one reporting currency"
    yield f"timezone: {zone}   # unsure: times without an offset are local to it"
    yield "as_of: delivery   # the date of the newest delivery; or a date such as 2026-06-30"
    yield f"revenue_source: {revenue}   # orders, invoices or contracts: one carries revenue, so that none counts twice"
    yield "# market: {industry: ..., region: ...}"
    yield "# deal: {structure: share}   # share or asset"
    yield "# assumptions: {gross_margin: 0.4, discount_rate: 0.12}   # used only where costs were not delivered"


def _has(guesses: Sequence[Guess], entity: str) -> bool:
    return any(g.entity is not None and g.entity.name == entity and not g.missing for g in guesses)


def _trade(guesses: Sequence[Guess]) -> tuple[str, str]:
    headers = " ".join(c.name for g in guesses for c in g.file.columns)
    if re.search("婚|新郎|新娘|套系|wedding", headers):
        return "wedding_photography", "headers speak of weddings"
    business = [e for e in ("contracts", "contacts", "invoices") if _has(guesses, e)]
    parent = any("parent_customer_id" in g.matches for g in guesses)
    if business or parent:
        return "generic_b2b", f"there are {', '.join(business) or 'parent customers'}"
    return "generic_b2c", "no contracts, contacts or invoices"


def _currency(guesses: Sequence[Guess]) -> tuple[str, str, str]:
    codes: Counter[str] = Counter()
    for guess in guesses:
        if "currency" in guess.matches:
            codes.update(v for v in guess.matches["currency"].column.values[:1] if re.fullmatch("[A-Z]{3}", v))
    headers = "".join(c.name for g in guesses for c in g.file.columns)
    is_chinese = bool(re.search("[\u4e00-\u9fff]", headers))
    zone = "Asia/Shanghai" if is_chinese else "UTC"
    if codes:
        return codes.most_common(1)[0][0], zone, "the most frequent code of a currency column"
    return ("CNY", zone, "the headers are Chinese") if is_chinese else ("USD", zone, "nothing says which")


def _source(guess: Guess, other: str | None) -> Iterator[str]:
    file, entity = guess.file, guess.entity
    assert entity is not None
    yield f"  # {_inline(file.name)}: {file.records:,} records"
    if guess.missing:
        yield f"  # unsure: looks like {entity.name}, but no column looks like {', '.join(guess.missing)}."
        yield "  # Name it and uncomment the source, or ask the seller for it."
    elif not guess.is_sure:
        yield f"  # unsure: {guess.second[0]} fits nearly as well."
    if other:
        yield f"  # unsure: {_inline(other)} is read as {entity.name} too. Keep one, unless their records differ."
    for doubt in file.unsure:
        yield f"  # unsure: {doubt}."
    yield from _key_comment(guess)
    yield f"  - entity: {entity.name}"
    yield f"    files: {scalar(file.pattern, True)}"
    if entity.name in ("customers", "orders"):
        yield "    required: true   # a delivery without it is rejected"
    mode = "full" if entity.name in _MASTER else "increment"
    meaning = "a record missing later has been deleted" if mode == "full" else "later files hold what is new or changed"
    yield f"    mode: {mode}   # unsure: {meaning}"
    yield from _layout(guess)
    yield "    columns:"
    yield from _columns(guess)
    yield from _unused(guess)


def _key_comment(guess: Guess) -> Iterator[str]:
    assert guess.entity is not None
    key = [guess.matches[c].column for c in guess.entity.key if c in guess.matches]
    if len(guess.entity.key) > 1 or not key:
        return
    if key[0].is_unique:
        yield f"  # key: {_inline(key[0].name)}, unique in the sample but for what repeats byte for byte"
    elif key[0].filled:
        again = key[0].filled - key[0].distinct
        yield f"  # unsure: {_inline(key[0].name)} is the key, but {again:,} of {key[0].filled:,} cells repeat one."


def _layout(guess: Guess) -> Iterator[str]:
    layout = guess.file.layout
    if layout.format == "csv":
        yield from _text_layout(layout)
    elif layout.format == "jsonl":
        yield "    format: jsonl"
    if layout.sheet:
        yield f"    sheet: {scalar(layout.sheet)}"
    if layout.header_row != 1:
        yield f"    header_row: {layout.header_row}"
    if layout.header:
        yield f"    header: [{', '.join(layout.header)}]   # unsure: position by position"
    used = [m.column for m in guess.matches.values()]
    if any(c.shapes["decimal_comma"] > 0.5 and c.shapes["decimal_point"] < 0.1 for c in used):
        yield '    decimal: ","'
    if any(_format(c)[0].endswith(" UTC") for c in used):
        yield "    timezone: UTC   # the dates say so"
    tokens = _null_tokens(guess)
    if tokens:
        yield f'    null_values: ["", {", ".join(scalar(t, True) for t in tokens)}]'


def _text_layout(layout: Source) -> Iterator[str]:
    if not _has_text_ending(layout.files):
        yield "    format: csv"
    if layout.encoding != "utf-8":
        yield f"    encoding: {layout.encoding}"
    if layout.delimiter not in (None, ","):
        yield f"    delimiter: {next(k for k, v in DELIMITERS.items() if v == layout.delimiter and len(k) > 2)}"
    if layout.skip_footer:
        yield f"    skip_footer: {layout.skip_footer}"


def _has_text_ending(files: str) -> bool:
    return bool(re.search(r"\.(csv|tsv|tab)(\.gz)?$", files.lower()))


def _null_tokens(guess: Guess) -> list[str]:
    """Tokens seen in mapped columns, but for those that mean something in a dictionary or a yes/no column."""
    assert guess.entity is not None
    found: dict[str, None] = {}
    meant: set[str] = set()
    for match in guess.matches.values():
        kind = guess.entity.columns[match.target].type
        (meant.update if kind in ("category", "boolean") else found.update)(dict.fromkeys(match.column.null_tokens))
    return [t for t in found if t not in meant]


def _columns(guess: Guess) -> Iterator[str]:
    assert guess.entity is not None
    special = _special(guess)
    for target, column in guess.entity.columns.items():
        if target in special:
            yield f"      {target}: {special[target]}"
        elif target in guess.matches:
            yield from _column(guess, column, guess.matches[target])


def _column(guess: Guess, column: Column, match: Match) -> Iterator[str]:
    assert guess.entity is not None
    doubts = list(match.doubts)
    settings = []
    if column.type in ("date", "timestamp"):
        form, doubt = _format(match.column)
        settings += [f"format: {scalar(form, True)}"] if form else []
        doubts += [doubt] if doubt else []
    mapped: list[str] = []
    if column.type == "category" and match.column.filled and not _is_known(guess.entity.name, column, match.column):
        known = ", ".join(column.values)
        yield f"      # unsure: {column.name}: {_inline(match.column.name)} holds none of: {known}; map its values"
        return
    if column.type == "category":
        mapped, strange = _dictionary(guess.entity.name, column, match.column)
        doubts += [f"the values marked null have no canonical word; known: {', '.join(column.values)}"] * bool(strange)
    if mapped:
        settings.append(f"map: {{{', '.join(mapped)}}}")
    note = f"   # unsure: {'; '.join(_inline(d) for d in doubts)}" if doubts else ""
    name = scalar(match.column.name)
    if not settings:
        yield f"      {column.name}: {name}{note}"
    else:
        yield f"      {column.name}: {{from: {scalar(match.column.name, True)}, {', '.join(settings)}}}{note}"


def _is_known(entity: str, column: Column, profile: ColumnProfile) -> bool:
    """Whether any value has a canonical word; where none has, the cells may be anything and stay out of the draft."""
    known = words.value_aliases().get((entity, column.name), {})
    return any(words.normal(value) in known for value in profile.values)


def _dictionary(entity: str, column: Column, profile: ColumnProfile) -> tuple[list[str], bool]:
    """`as written: canonical` of every value that is not canonical already; unknown ones become null."""
    known = words.value_aliases().get((entity, column.name), {})
    out, strange = [], False
    for value in (*profile.values, *profile.null_tokens):
        canonical = known.get(words.normal(value), "")
        if canonical == "" and value in profile.null_tokens:
            continue
        strange |= canonical == ""
        if value.lower() not in column.values:
            out.append(f"{scalar(value, True)}: {canonical or json.dumps('')}")
    return out, strange


def _format(profile: ColumnProfile) -> tuple[str, str]:
    """The format of a column of dates (empty: needs none), and what speaks against it."""
    if not profile.filled:
        return "", ""
    for shape in ("epoch_ms", "epoch_s"):
        if profile.shapes[shape] > 0.9:
            return shape, ""
    if not profile.dates:
        return "", ""
    best, share = profile.dates[0]
    if any(form is None and s >= share - 0.005 for form, s in profile.dates):
        return "", ""
    tied = [str(form) for form, s in profile.dates if form != best and s >= share - 0.005]
    doubt = ""
    if best and any(_swapped(best) == other for other in tied):
        doubt = "day and month could be the other way round"
    return best or "", doubt


def _swapped(form: str) -> str:
    return form.translate(str.maketrans("md", "dm")) if "%m" in form else ""


def _special(guess: Guess) -> dict[str, str]:
    """Columns computed from what the contract has no column for."""
    assert guess.entity is not None
    extras, out = guess.extras, {}
    if "full_name" in guess.entity.columns and "full_name" not in guess.matches and "+last_name" in extras:
        names = [extras[n].column.name for n in ("+first_name", "+last_name") if n in extras]
        parts = ", ".join(f"nullif(trim({quoted(n)}), '')" for n in names)
        out["full_name"] = f"{{sql: {scalar(f'concat_ws(chr(32), {parts})', True)}}}"
    if guess.entity.name == "leads":
        out |= _outcomes(guess)
    if guess.entity.name == "survey_responses" and "instrument" in guess.matches:
        is_nps = f"lower({quoted(guess.matches['instrument'].column.name)}) like '%nps%'"
        for target, nps, other in (("scale_min", 0, 1), ("scale_max", 10, 5)):
            if target not in guess.matches:
                sql = scalar(f"case when {is_nps} then {nps} else {other} end", True)
                out[target] = f"{{sql: {sql}}}   # unsure: NPS from 0 to 10, the others from 1 to 5"
    if "+deleted" in extras:
        out |= _deleted(guess, extras["+deleted"].column.name)
    return out


def _outcomes(guess: Guess) -> dict[str, str]:
    """converted_at and lost_at of deals that have a closing date and a stage or two flags."""
    closed_at = guess.extras.get("+closed_at")
    won, lost = _outcome_conditions(guess)
    if closed_at is None:
        return {}
    form, _ = _format(closed_at.column)
    suffix = f", format: {scalar(form, True)}" if form else ""
    out = {}
    for target, condition in (("converted_at", won), ("lost_at", lost)):
        if condition and target not in guess.matches:
            sql = f"case when {condition} then {quoted(closed_at.column.name)} end"
            out[target] = f"{{sql: {scalar(sql, True)}{suffix}}}"
    return out


def _outcome_conditions(guess: Guess) -> tuple[str, str]:
    extras = guess.extras
    if "+is_won" in extras:
        won = f"lower({quoted(extras['+is_won'].column.name)}) in {_TRUE}"
        closed = extras.get("+is_closed")
        lost = f"lower({quoted(closed.column.name)}) in {_TRUE} and not {won}" if closed else ""
        return won, lost
    if "+stage" not in extras:
        return "", ""
    stage = extras["+stage"].column
    sides = [
        [v for v in stage.values if re.search(pattern, v, re.I)]
        for pattern in (r"\bwon\b|closedwon|赢|成交|中标", r"\blost\b|closedlost|输|丢|流失")
    ]
    if not all(sides):
        return "", ""
    listed = [", ".join("'" + v.replace("'", "''") + "'" for v in side) for side in sides]
    return f"{quoted(stage.name)} in ({listed[0]})", f"{quoted(stage.name)} in ({listed[1]})"


def _deleted(guess: Guess, flag: str) -> dict[str, str]:
    """A deletion mark: the date of the last change for customers, no business event for orders."""
    assert guess.entity is not None
    is_set = f"lower({quoted(flag)}) in {_TRUE}"
    updated = guess.matches.get("updated_at")
    if "deleted_at" in guess.entity.columns and "deleted_at" not in guess.matches and updated is not None:
        form, _ = _format(updated.column)
        suffix = f", format: {scalar(form, True)}" if form else ""
        sql = f"case when {is_set} then {quoted(updated.column.name)} end"
        return {"deleted_at": f"{{sql: {scalar(sql, True)}{suffix}}}   # unsure: taken to be the last change"}
    if guess.entity.name == "orders":
        test = guess.matches.get("is_test")
        sql = f"{is_set} or lower({quoted(test.column.name)}) in {_TRUE}" if test else is_set
        return {"is_test": f"{{sql: {scalar(sql, True)}}}   # unsure: keeps deleted orders out of the metrics"}
    return {}


def _unused(guess: Guess) -> Iterator[str]:
    assert guess.entity is not None
    used = {m.column.name for m in guess.matches.values()}
    special = _special(guess)
    meanings = {"+deleted": ("deleted_at", "is_test"), "+closed_at": ("converted_at",), "+stage": ("converted_at",)}
    for role, targets in meanings.items():
        if role in guess.extras and not set(targets) & set(special):
            name = _inline(guess.extras[role].column.name)
            what = {"+deleted": "marks deleted records, without a date", "+closed_at": "is the closing date",
                    "+stage": "is the stage"}[role]  # fmt: skip
            yield f"      # unsure: {name} {what}; map it by an expression ({{sql: ...}}) if it matters here"
    if "+merged" in guess.extras:
        name = _inline(guess.extras["+merged"].column.name)
        yield f"      # unsure: {name} lists the records merged into this one; a file of pairs could be mapped instead"
    rest = [c for c in guess.file.columns if c.name not in used]
    empty = [c for c in rest if not c.filled]
    named = [_inline(c.name) for c in rest if c.filled]
    if named:
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        yield f"      # not mapped: {', '.join(named[:_SHOWN])}{more}"
    if empty:
        yield f"      # {len(empty)} columns are empty in the sample and not mapped"


def _won_deals(guess: Guess) -> Iterator[str]:
    """Orders from won deals, where nothing else tells revenue."""
    need = ("lead_id", "customer_id", "expected_amount")
    if guess.entity is None or guess.entity.name != "leads" or not all(n in guess.matches for n in need):
        return
    converted = _outcomes(guess).get("converted_at")
    if converted is None:
        return
    won = replace(guess, matches={n: guess.matches[n] for n in need}, extras={})
    yield ""
    yield "  # unsure: no file of orders was found, so every deal that was won counts as one."
    yield "  - entity: orders"
    yield f"    files: {scalar(guess.file.pattern, True)}"
    yield "    required: true"
    yield "    mode: increment"
    yield from _layout(won)
    yield "    where: ordered_at is not null"
    yield "    columns:"
    for target, source in (("order_id", "lead_id"), ("lead_id", "lead_id"), ("customer_id", "customer_id")):
        yield f"      {target}: {scalar(guess.matches[source].column.name)}"
    yield f"      ordered_at: {converted}"
    yield f"      gross_amount: {scalar(guess.matches['expected_amount'].column.name)}"


def _left_over(guesses: Sequence[Guess]) -> Iterator[str]:
    if guesses:
        yield ""
        yield "# Files without a source. Delete what is not needed; map what is."
    for guess in guesses:
        file = guess.file
        why = f"could not be read: {file.problem}" if file.problem else _why_not(file, guess)
        yield f"#   {_inline(file.name)}: {_inline(why)}"


def _why_not(file: FileProfile, guess: Guess) -> str:
    near = f"; nearest: {guess.second[0]}" if guess.second[0] else ""
    return f"{file.records:,} records, nothing of the contract{near}"


def _inline(text: str) -> str:
    """Text that cannot leave its comment line."""
    return " ".join(text.split())


def scalar(text: str, flow: bool = False) -> str:
    """A YAML scalar that reads back as exactly this text; `flow`: within brackets."""
    trial = f"[{text}, x]" if flow else text
    if re.fullmatch(r"[\w\u3400-\u9fff][^\n\r\t#:'\"&*!|>%@`\\?]*", text) and text == text.strip():
        try:
            if yaml.safe_load(trial) == ([text, "x"] if flow else text):
                return text
        except yaml.YAMLError:
            pass
    return json.dumps(text, ensure_ascii=False)
