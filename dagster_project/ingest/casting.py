"""Text -> typed values, as set-based SQL: one expression for the value of a column, one for what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dagster_project.companies import ColumnMapping, Source
from dagster_project.ingest.contract import Column, Entity

FIRST_DAY = date(1900, 1, 1)
YEARS_AHEAD = 10

_BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(12288)"
_WIDE = "'０１２３４５６７８９．，－＋（）￥％', '0123456789.,-+()¥%'"
_CURRENCY = r"(CNY|RMB|USD|EUR|GBP|HKD|JPY|TWD|US\$|HK\$|NT\$|\$|£|€|¥)"

# Helpers in the scratch database. The plain forms come first and cheap; the odd ones only where those fail. They stand
# in a lambda because DuckDB computes a subexpression that occurs twice for every row, whatever the CASE around it says.
# bw_digits: a number as people write it -> digits DuckDB casts, or null. 1,23 is no number: groups have three digits.
MACROS = (
    # Most cells have no blank around them; six suffix tests find that out at a third of what the trim costs.
    f"""create or replace macro bw_trim(t) as
        case when t < '!' or (t >= chr(160) and t < chr(161)) or (t >= chr(12288) and t < chr(12289))
            or ends_with(t, ' ') or ends_with(t, chr(9)) or ends_with(t, chr(10)) or ends_with(t, chr(13))
            or ends_with(t, chr(160)) or ends_with(t, chr(12288))
            then trim(t, {_BLANKS}) else t end""",
    f"""create or replace macro bw_bare(t) as
        list_transform([trim(translate(t, {_WIDE}), {_BLANKS})], lambda a:
            case when regexp_matches(a, '^[-+0-9.]+(元|圆)?$') then rtrim(a, '元圆')
            else regexp_replace(regexp_replace(regexp_replace(
                a, '^\\((.*)\\)$', '-\\1'),
                '^([-+]?)\\s*{_CURRENCY}\\s*', '\\1', 'i'),
                '\\s*({_CURRENCY}|元|圆)$', '', 'i') end)[1]""",
    """create or replace macro bw_digits(t) as
        case
            when regexp_full_match(t, '[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?') then t
            when regexp_full_match(t, '[-+]?[0-9]{1,3}([,\u00a0\u202f ][0-9]{3})+(\\.[0-9]*)?')
                then translate(t, ',\u00a0\u202f ', '')
        end""",
    """create or replace macro bw_odd(t) as
        case
            when contains(t, '万')
                then try_cast(bw_digits(bw_trim(regexp_replace(t, '万元?$', ''))) as decimal(28, 10)) * 10000
            else try_cast(bw_digits(t) as decimal(38, 10))
        end""",
    """create or replace macro bw_money(t) as
        coalesce(
            case when not contains(t, '_') then try_cast(t as decimal(18, 4)) end,
            list_transform([bw_bare(t)], lambda b: try_cast(bw_odd(b) as decimal(18, 4)))[1])""",
    """create or replace macro bw_number(t) as
        coalesce(
            case when not contains(t, '_') then try_cast(t as decimal(18, 6)) end,
            list_transform([bw_bare(t)], lambda b:
                case
                    when ends_with(b, '%') then try_cast(bw_odd(bw_trim(rtrim(b, '%'))) / 100 as decimal(18, 6))
                    else try_cast(bw_odd(b) as decimal(18, 6))
                end)[1])""",
    # A bigint cast rounds 1.5 to 2; a whole number has nothing after the point. In a lambda, because the number
    # spelled out three times took longer to plan than a small file takes to read.
    """create or replace macro bw_whole(t) as
        case
            when regexp_full_match(t, '[-+]?[0-9]{1,12}') then try_cast(t as bigint)
            else list_transform([bw_number(t)], lambda n: case when n = trunc(n) then n::bigint end)[1]
        end""",
    """create or replace macro bw_boolean(t) as
        case
            when lower(t) in ('true', 't', 'yes', 'y', '1', '1.0', '是', '有', '√') then true
            when lower(t) in ('false', 'f', 'no', 'n', '0', '0.0', '否', '无', '×') then false
        end""",
    # The date cast accepts any text after a date, the timestamp cast drops an offset: both are ruled out by shape.
    """create or replace macro bw_naive(t) as
        case
            when t like '____-__-__ __:__:__' then try_cast(t as timestamp)
            when t like '____-__-__' then try_strptime(t, '%Y-%m-%d')
            else list_transform([t], lambda u:
                case
                    when regexp_full_match(u, '[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日')
                        then try_strptime(u, '%Y年%m月%d日')
                    when regexp_full_match(u, '[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}' ||
                        '([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?)?')
                        then try_cast(replace(u, 'T', ' ') as timestamp)
                end)[1]
        end""",
    """create or replace macro bw_offset(t, zone) as
        case
            when regexp_full_match(t,
                '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?' ||
                '([zZ]|[-+][0-9]{2}(:?[0-9]{2})?)')
                then timezone(zone, try_cast(
                    regexp_replace(regexp_replace(upper(t), '([-+][0-9]{2})([0-9]{2})$', '\\1:\\2'),
                        '([ T][0-9]{2}:[0-9]{2})(Z|[-+].*)$', '\\1:00\\2') as timestamptz))
        end""",
)  # fmt: skip

_TOKENS = (("YYYY", "%Y"), ("YY", "%y"), ("MM", "%m"), ("M", "%m"), ("DD", "%d"), ("D", "%d"), ("HH", "%H"),
           ("H", "%H"), ("mm", "%M"), ("ss", "%S"))  # fmt: skip
NAMED_FORMATS = {"epoch_ms", "epoch_s", "excel_serial"}


@dataclass
class Parameters:
    """Values of a statement, numbered as they are added."""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: object) -> str:
        name = f"p{len(self.values)}"  # parameters are only ever added
        self.values[name] = value
        return f"${name}"


@dataclass(frozen=True)
class Cell:
    """SQL of one mapped column, a layer on a layer: trimmed, bare, text, value; faults read the last two.

    Layers, because an expression that stands in another one twice is planned twice, and so on all the way up.
    """

    column: Column
    trimmed: str  # name of the column of the cell without the blanks around it
    trimmed_sql: str
    bare: str  # name of the column of the cell without spreadsheet wrappers
    bare_sql: str
    text: str  # name of the text column
    text_sql: str
    value: str  # name of the value column
    value_sql: str
    faults: tuple[tuple[str, str], ...]  # (condition, reason)
    placeholder: str  # condition: the cell is a declared placeholder; empty when none are declared
    rounded: str  # condition: the amount has more decimals than are kept; empty for what is no money


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def strptime_format(text: str) -> str | None:
    """`format:` of company.yaml as strptime; tokens such as DD-MM-YYYY are translated. None if it is neither."""
    if "%" in text or text in NAMED_FORMATS:
        return text
    out = re.sub("|".join(t for t, _ in _TOKENS), lambda m: dict(_TOKENS)[m.group()], text)
    return out if "%" in out else None


def cell(
    mapping: ColumnMapping, entity: Entity, source: Source, zone: str, last_day: date, number: int, p: Parameters
) -> Cell:
    """The SQL of one column of one file. `last_day`: dates after it are impossible."""
    column = entity.columns[mapping.target]
    trimmed, bare, text, value = (f"__{layer}{number}" for layer in "rbtv")
    faults: list[tuple[str, str]] = []
    if column.required:
        faults.append((f"{text} is null", "a required value is missing"))
    value_sql, reason = _value(mapping, column, source, zone, text, p)
    if reason:
        faults.append((f"{text} is not null and {value} is null", reason))
    if column.type in ("date", "timestamp"):
        faults.append((f"{value} < {p.add(FIRST_DAY)}", f"a date before {FIRST_DAY.year}"))
        faults.append((f"{value}::date > {p.add(last_day)}", f"a date more than {YEARS_AHEAD} years ahead"))
    if column.type.endswith("id"):
        faults.append(
            (
                f"case when contains({text}, '+') then regexp_full_match({text}, '[0-9](\\.[0-9]+)?[eE]\\+[0-9]+') end",
                "an id that a spreadsheet rounded",
            )
        )
    stands = ", ".join(p.add(v) for v in source.placeholders)
    placeholder = f"{bare} in ({stands})" if stands else ""
    delivered = f"({mapping.sql}\n)::varchar" if mapping.sql is not None else quoted(str(mapping.source))
    return Cell(
        column, trimmed, f"bw_trim({delivered})", bare, _bare(mapping, column, trimmed), text,
        _text(mapping, bare, placeholder, source, p), value, value_sql, tuple(faults), placeholder,
        _rounded(column, source, text),
    )  # fmt: skip


def _rounded(column: Column, source: Source, text: str) -> str:
    """More than four decimals that are not zero; the lengths rule out nearly all amounts before the pattern does."""
    if column.type != "money":
        return ""
    point = source.decimal
    more = f"regexp_matches({text}, '[{point}][0-9]{{4}}[0-9]*[1-9][0-9]*[^0-9eE万]*$')"
    return f"case when strlen({text}) - strpos({text}, '{point}') > 4 and contains({text}, '{point}') then {more} end"


def _bare(mapping: ColumnMapping, column: Column, trimmed: str) -> str:
    """The trimmed cell without spreadsheet wrappers."""
    if mapping.sql is not None:
        return trimmed
    sql = trimmed
    if column.type in ("id", "customer_id", "staff_id", "person_id", "text"):
        bare = f"""regexp_replace({sql}, '^="(.*)"$', '\\1')"""
        sql = f"""case when starts_with({sql}, '="') then {bare} else {sql} end"""
    if column.type.endswith("id") or column.identifier:
        sql = f"case when starts_with({sql}, '''') then ltrim({sql}, '''') else {sql} end"
    return sql


def _text(mapping: ColumnMapping, bare: str, placeholder: str, source: Source, p: Parameters) -> str:
    """Bare text less declared nulls and placeholders, dictionary applied; null when nothing is left."""
    sql = f"nullif({bare}, '')"
    nulls = ", ".join(p.add(n) for n in dict.fromkeys(source.null_values) if n != "")
    if nulls:
        sql = f"case when {sql} in ({nulls}) then null else {sql} end"
    if placeholder:
        sql = f"case when {placeholder} then null else {sql} end"
    if mapping.as_type == "id":
        whole = f"regexp_replace({sql}, '^([-+]?[0-9]+)\\.0+$', '\\1')"
        sql = f"case when ends_with({sql}, '0') then {whole} else {sql} end"
    if mapping.map:
        cases = " ".join(f"when {p.add(k)} then {p.add(v)}" for k, v in mapping.map.items())
        sql = f"nullif(case {sql} {cases} else {sql} end, '')"
    return sql


def _value(
    mapping: ColumnMapping, column: Column, source: Source, zone: str, text: str, p: Parameters
) -> tuple[str, str]:
    """SQL of the typed value over the text column, and the reason when there is text but no value."""
    kind = column.type
    if kind == "category" and column.values:
        known = ", ".join(p.add(v) for v in column.values)
        return (
            f"case when lower({text}) in ({known}) then lower({text}) end",
            f"a value that is not mapped to one of: {', '.join(column.values)}",
        )
    if kind in ("money", "number", "integer"):
        number = f"translate({text}, '.,', ',.')" if source.decimal == "," else text
        if source.decimal == ",":  # 1.234 is a group of thousands here, so the plain cast must not see it
            number = f"bw_digits(bw_bare({number}))"
        if kind == "money":
            return f"bw_money({number})", "not an amount of money"
        if kind == "number":
            return f"bw_number({number})", "not a number"
        return f"bw_whole({number})", "not a whole number"
    if kind == "boolean":
        return f"bw_boolean({text})", "neither yes nor no"
    if kind in ("date", "timestamp"):
        moment = _moment(mapping, kind, source, zone, text, p)
        what = "date" if kind == "date" else "date and time"
        reason = f"not a {what}" + (f" in the format {mapping.format}" if mapping.format else "")
        return (f"({moment})::date" if kind == "date" else moment), reason
    return text, ""


def _moment(mapping: ColumnMapping, kind: str, source: Source, zone: str, text: str, p: Parameters) -> str:
    """A timestamp without zone in the company's time zone."""
    form = strptime_format(mapping.format) if mapping.format else None
    if form == "epoch_ms":
        return f"timezone({p.add(zone)}, make_timestamptz((try_cast({text} as bigint)) * 1000))"
    if form == "epoch_s":
        return f"timezone({p.add(zone)}, make_timestamptz((try_cast({text} as bigint)) * 1000000))"
    if form is not None and "%z" in form.lower():
        return f"timezone({p.add(zone)}, try_strptime({text}, {p.add(form)})::timestamptz)"
    if form == "excel_serial":
        naive = (
            f"case when try_cast({text} as double) between 61 and 2958465 then timestamp '1899-12-30' "
            f"+ to_microseconds((round(try_cast({text} as double) * 86400000) * 1000)::bigint) end"
        )
    elif form is not None:
        naive = f"try_strptime({text}, {p.add(form)})"
    else:
        naive = f"bw_naive({text})"
    if source.timezone and source.timezone != zone and kind == "timestamp":
        naive = f"timezone({p.add(zone)}, timezone({p.add(source.timezone)}, {naive}))"
    return naive if form is not None else f"coalesce({naive}, bw_offset({text}, {p.add(zone)}))"
