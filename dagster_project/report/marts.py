"""The published tables the report shows as they are: their columns, and which of them speak of how many people.

One entry makes a query, a page under `tables/`, a sheet of the workbook and a table in its chapter, with small cells
taken out. Columns are written `name:kind`, then `/area` for the words of a label (of a pair: `/kind,low,high`; of
bilingual text: `/en,zh`), then what the figure says of people:

    customers:people              a count of people, hidden where it is small
    revenue_net:money<customers   stands on the people of that column, hidden with them
    orders:count!                 says nothing of a person
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from dagster_project.report.content import NUMERIC, Column, Kind

_COLUMN = re.compile(r"(?P<name>\w+):(?P<kind>\w+)(?:/(?P<more>[\w,]+))?(?:<(?P<behind>\w+)|(?P<safe>!))?")


@dataclass(frozen=True)
class Mart:
    """One table of aggregates.

    Rows that agree in `within` add up to a total a reader may know; in each row the first column of a tie is the sum
    of the others. `dimension` is the chapter that shows it. `select` adds up a table that has a row per person, order
    or record; what the report shows is then not the published row, and says so. `unseen` people are counted to protect
    what stands on them, and not shown. `like_mix` names the breakdown of the customer mix whose buckets these rows
    are, and which counts they share: `acquisition_channel channel customers=customers`.
    """

    table: str
    dimension: str | None
    key: str
    spec: str
    within: str = ""
    ties: Sequence[str] = ()
    select: str = ""
    unseen: str = ""
    like_mix: str = ""
    columns: tuple[Column, ...] = field(init=False)
    people: tuple[str, ...] = field(init=False)
    behind: Mapping[str, str] = field(init=False)  # row key -> the column of people it stands on
    undeclared: tuple[str, ...] = field(init=False)  # figures that do not say whom they speak of

    def __post_init__(self) -> None:
        columns: list[Column] = []
        people: list[str] = []
        behind: dict[str, str] = {}
        undeclared: list[str] = []
        for token in self.spec.split():
            column, stands_on, is_safe = _parsed(token)
            columns.append(column)
            keys = column.parts or (column.name,)
            if ":people" in token:
                people.append(column.name)
            elif stands_on:
                behind |= dict.fromkeys(keys, stands_on)
            elif column.kind in NUMERIC and not is_safe:
                undeclared.append(column.name)
        people += self.unseen.split()
        for name, value in (("columns", tuple(columns)), ("people", tuple(people)), ("behind", behind),
                            ("undeclared", tuple(undeclared))):  # fmt: skip
            object.__setattr__(self, name, value)

    @property
    def query(self) -> str:
        """Its name among the queries."""
        return self.table.partition(".")[2]

    @property
    def sql(self) -> str:
        """The rows as published, in the order of the key."""
        keys = [key for column in self.columns for key in column.parts or (column.name,)]
        names = ", ".join(dict.fromkeys([*keys, *self.people, *self.key.split(), *self.within.split()]))
        source = f"({self.select})" if self.select else self.table
        return f"select {names} from {source} order by {', '.join(self.key.split())}"  # noqa: S608 - own names


def _parsed(token: str) -> tuple[Column, str | None, bool]:
    found = _COLUMN.fullmatch(token)
    if found is None:
        raise ValueError(f"{token!r} is no column: write name:kind/area<people")
    name, more = found["name"], found["more"]
    kind = cast("Kind", "count" if found["kind"] == "people" else found["kind"])
    if kind == "pair":
        of, low, high = (more or "").split(",")
        return Column(name, "pair", area=of, parts=(low, high)), found["behind"], bool(found["safe"])
    if kind == "bilingual":
        en, zh = more.split(",") if more else (f"{name}_en", f"{name}_zh")
        return Column(name, "bilingual", parts=(en, zh)), found["behind"], True
    area = (more or name) if kind == "label" else more
    return Column(name, kind, area=area), found["behind"], bool(found["safe"])


MARTS: tuple[Mart, ...] = (
    Mart(
        "score.fct_section_coverage",
        None,
        "position",
        "section:code title:bilingual items:count! items_assessed:count! items_not_assessed:count!"
        " items_not_applicable:count! status:label reason:bilingual/reason,reason_zh",
    ),
    Mart(
        "score.fct_item_coverage",
        None,
        "position",
        "item:code title:bilingual indicators:code tables:code indicator_count:count! indicators_assessed:count!"
        " status:label reason:bilingual/reason,reason_zh",
    ),
    Mart(
        "risk.fct_concentration",
        "risk",
        "cut run",
        "cut:label run:label buckets:count! revenue:money! effective_number:ratio! top1_share:share! top5_share:share!"
        " top10_share:share! unknown_share:share!",
    ),
    Mart(
        "risk.fct_receivables_ageing",
        "risk",
        "bucket_position",
        "bucket:label/ageing customers:people invoices:count<customers open_amount:money<customers"
        " disputed_amount:money<customers expected_loss:money<customers written_off_amount:money<customers",
        select="""
        select
            bucket, bucket_position,
            cast(count(distinct customer_id) as integer) as customers,
            cast(sum(invoices) as integer) as invoices,
            sum(open_amount) as open_amount,
            sum(disputed_amount) as disputed_amount,
            sum(expected_loss) as expected_loss,
            sum(written_off_amount) as written_off_amount
        from risk.fct_receivables_ageing
        where months_back = 0
        group by bucket, bucket_position
        """,
    ),
    Mart(
        "risk.fct_contract_ladder",
        "risk",
        "ends change_of_control_clause",
        "ends:label change_of_control_clause:label/clause contracts:people annual_value:money<contracts"
        " annual_value_in_effect:money<contracts value_to_run:money<contracts",
        select="""
        select
            coalesce(cast(ends_year as varchar), 'open_ended') as ends,
            change_of_control_clause,
            cast(sum(contracts) as integer) as contracts,
            sum(annual_value) as annual_value,
            sum(annual_value_in_effect) as annual_value_in_effect,
            sum(value_to_run) as value_to_run
        from risk.fct_contract_ladder
        group by 1, 2
        """,
    ),
    Mart(
        "risk.fct_legal_exposure",
        "risk",
        "kind is_open",
        "kind:label/legal_kind is_open:flag customers:people events:count<customers amount:money<customers"
        " customer_revenue_net_12m:money<customers",
        select="""
        select
            kind, is_open,
            cast(count(distinct customer_id) as integer) as customers,
            cast(count(*) as integer) as events,
            sum(amount) as amount,
            sum(customer_revenue_net_12m) as customer_revenue_net_12m
        from risk.fct_legal_exposure
        group by kind, is_open
        """,
    ),
    # A row of the table is a member of the staff.
    Mart(
        "risk.fct_key_people",
        "relationship",
        "standing",
        "standing:label holders:count! customers_active:people customers_orphaned:people"
        " revenue_net_12m:money<customers_active revenue_share:share<customers_active"
        " margin_net_12m:money<customers_active margin_share:share<customers_active",
        select="""
        select
            standing,
            cast(count(*) as integer) as holders,
            cast(sum(customers_active) as integer) as customers_active,
            cast(sum(customers_orphaned) as integer) as customers_orphaned,
            sum(revenue_net_12m) as revenue_net_12m,
            sum(revenue_share) as revenue_share,
            sum(margin_net_12m) as margin_net_12m,
            sum(margin_share) as margin_share
        from risk.fct_key_people
        group by standing
        """,
    ),
    Mart(
        "risk.fct_market_exposure",
        "market",
        "kind industry",
        "kind:label/market_kind industry:label/word customers_active:people revenue_net_12m:money<customers_active"
        " revenue_share:share<customers_active own_growth:share<customers_active reference_growth:share!"
        " growth_gap:share<customers_active is_shrinking:flag market_size:money!",
        within="kind",
        like_mix="industry industry customers_active=customers_active",
    ),
)

# Rows of customers: in no page or sheet but the seller's own. The most telling rows come first.
SELLER: tuple[Mart, ...] = ()

BY_TABLE: Mapping[str, Mart] = {mart.table: mart for mart in MARTS}
BY_QUERY: Mapping[str, Mart] = {mart.query: mart for mart in MARTS}
