"""The clean records of the safety company; `planted` adds the ones that test a pipeline."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import fiction
from ..answers import answered_surveys
from ..common import (
    AS_OF,
    FIRST_DAY,
    NAT,
    Array,
    Rng,
    Streams,
    add_days,
    at_hours,
    end_of_day,
    frame,
    ids,
    keep_until,
    look_up,
    money,
    months_of,
    pick,
    where,
)
from ..deliver import World, with_helpers
from ..office import last_change
from ..regions import CITIES
from ..staffing import Desks, Team
from . import office, planted
from . import settings as s

TEAMS = (
    Team("销售", "客户经理", 10, 1_100, 168_000, True),
    Team("售后", "服务工程师", 8, 1_400, 112_000, True),
    Team("实施", "实施工程师", 6, 1_300, 124_000, False),
)
END = end_of_day(AS_OF)
LAST_CONTACT = AS_OF - 20


def clean_records(scale: float) -> World:
    """Every record as it stands at the end of the last delivery's day, planted records included."""
    streams = Streams(s.COMPANY)
    desks = Desks(streams("staff"), TEAMS, owner_cost=480_000)
    partners = _partners(streams("partners"))
    customers = _customers(streams("customers"), round(s.CUSTOMERS * scale), desks, partners)
    contracts = _contracts(streams("contracts"), customers)
    leads = _leads(streams("leads"), customers, contracts, desks, scale)
    orders = _orders(streams("orders"), customers, contracts, leads, desks)
    lines = _order_lines(streams("order_lines"), orders)
    _amounts(streams("amounts"), orders, lines)
    invoices = _invoices(streams("invoices"), orders, customers)
    world: World = {
        "customers": customers,
        "contracts": contracts,
        "leads": leads,
        "orders": orders,
        "order_lines": lines,
        "invoices": invoices,
        "payments": _payments(streams("payments"), invoices),
        "tickets": _tickets(streams("tickets"), contracts, desks),
        "survey_responses": _surveys(streams("survey_responses"), contracts),
        "staff": desks.staff,
        "partners": partners,
        "referrals": _referrals(streams("referrals"), customers),
        "products": _products(),
        "legal_events": _legal_events(streams("legal_events"), contracts),
    }
    world["campaigns"], world["campaign_spend"] = _campaigns(streams("campaigns"))
    world = with_helpers(world)
    planted.add(streams, world)
    office.complete(streams, world, desks)
    return world


def _customers(rng: Rng, n: int, desks: Desks, partners: pd.DataFrame) -> pd.DataFrame:
    span = (LAST_CONTACT - s.FIRST_CONTACT).astype(int)
    acquired = at_hours(rng, s.FIRST_CONTACT + np.sort((span * rng.random_sample(n) ** 0.85).astype(int)), 9, 18)
    kind = pick(rng, s.TYPE_MIX, n)
    # The five oldest customers are large authorities.
    kind[: s.LARGEST] = "government"
    industry = np.array([pick(rng, s.INDUSTRIES[k], 1)[0] for k in kind], dtype=object)
    code = pick(rng, s.CITY_MIX, n)
    city = look_up({c.code: c.name for c in CITIES.values()}, code)
    number = np.arange(1, n + 1)
    organisation = [f"{c}示例{i}单位{j:03d}" for c, i, j in zip(city, industry, number, strict=True)]
    channel = where(kind == "individual", "官网", pick(rng, s.CHANNEL_MIX, n))
    dealers = partners.loc[partners["kind"].isin(["dealer", "agent"]), "partner_id"].to_numpy()
    customers = frame(
        customer_id=ids("KH", number, 5),
        customer_type=kind,
        full_name=where(kind == "individual", fiction.people(rng, n), organisation),
        phone=fiction.phones(rng, n),
        email=[f"kh{j:05d}@example.com" for j in number],
        region_code=code,
        region=look_up({c.code: c.province for c in CITIES.values()}, code),
        city=city,
        industry=where(rng.random_sample(n) < s.NULL_INDUSTRY, None, industry),
        acquisition_channel=channel,
        acquired_at=acquired,
        partner_id=where(channel == "经销商", dealers[rng.randint(0, len(dealers), n)], None),
        owner_staff_id=desks.on_duty(rng, "销售", np.maximum(acquired, (AS_OF - 500).astype("datetime64[s]"))),
        parent_customer_id=None,
        credit_limit=look_up({k: v.credit_limit * 100 for k, v in s.KINDS.items()}, kind),
        payment_terms_days=look_up({k: v.payment_terms for k, v in s.KINDS.items()}, kind),
        is_test=False,
        merged_into_customer_id=None,
        created_at=acquired,
    )
    customers["size"] = where(number <= s.LARGEST, s.LARGEST_FACTOR, 1.0) * rng.lognormal(0, 0.5, n)
    customers["true_customer_id"] = customers["customer_id"]
    _join_groups(rng, customers)
    return customers


def _join_groups(rng: Rng, customers: pd.DataFrame) -> None:
    """The oldest authorities and enterprises are heads of groups; members are younger and of the same type."""
    for kind in ("government", "enterprise"):
        of_kind = customers.index[customers["customer_type"] == kind]
        heads = of_kind[: s.GROUPS // 2]
        members = of_kind[s.GROUPS // 2 :]
        members = members[rng.random_sample(len(members)) < s.GROUP_MEMBER_SHARE]
        chosen = heads[np.minimum(rng.geometric(0.25, len(members)) - 1, len(heads) - 1)]
        customers.loc[members, "parent_customer_id"] = customers.loc[chosen, "customer_id"].to_numpy()


def _partners(rng: Rng) -> pd.DataFrame:
    kinds = np.repeat(["dealer", "agent", "association", "research", "government", "other"], [14, 3, 3, 2, 1, 1])
    n = len(kinds)
    since = np.datetime64("2015-01-01") + rng.randint(0, 3_000, n)
    ends = since + rng.randint(1_200, 5_500, n)
    return frame(
        partner_id=ids("HB", np.arange(1, n + 1), 3),
        name=[f"示例渠道伙伴{i:02d}" for i in range(1, n + 1)],
        kind=kinds.astype(object),
        since_on=since.astype("datetime64[s]"),
        ends_on=where(ends > AS_OF + 700, NAT, ends.astype("datetime64[s]")),
        commission_rate=where(np.isin(kinds, ["dealer", "agent"]), np.round(rng.uniform(0.04, 0.12, n), 3), 0.0),
        is_exclusive=rng.random_sample(n) < 0.2,
        support=pick(rng, {"joint marketing": 0.3, "leads": 0.3, "venue": 0.1, "none": 0.3}, n),
    )


def _contracts(rng: Rng, customers: pd.DataFrame) -> pd.DataFrame:
    """Maintenance contracts of one or three years: a chain of renewals a customer, until it does not renew."""
    kind = customers["customer_type"].to_numpy()
    has = rng.random_sample(len(customers)) < look_up({k: v.contract_share for k, v in s.KINDS.items()}, kind)
    held = customers[has].reset_index(drop=True)
    n = len(held)
    churns = rng.beta(s.CHURN_ALPHA, s.CHURN_BETA, n)
    first = held["acquired_at"].to_numpy().astype("datetime64[D]") + rng.randint(10, 240, n)
    # Older chains enter with the contract that was running at the start of the records.
    start = np.maximum(first, FIRST_DAY - rng.randint(0, 365, n))
    value = look_up({k: v.yearly_value for k, v in s.KINDS.items()}, held["customer_type"].to_numpy())
    spread = look_up({k: v.spread for k, v in s.KINDS.items()}, held["customer_type"].to_numpy())
    value = np.round(value * rng.lognormal(0, spread) * held["size"].to_numpy(), -2)
    three = look_up(s.THREE_YEAR_SHARE, held["customer_type"].to_numpy())
    years = where(rng.random_sample(n) < three, 3, 1)
    fixed = frame(
        customer_id=held["customer_id"],
        years=years,
        renewal=pick(rng, s.RENEWAL_MIX, n),
        assignment_clause=pick(rng, s.ASSIGNMENT_MIX, n),
        change_of_control_clause=pick(rng, s.CONTROL_MIX, n),
    )
    live = start <= AS_OF
    parts: list[pd.DataFrame] = []
    term = 0
    while live.any():
        ends = (
            (start.astype("datetime64[M]") + 12 * years).astype("datetime64[D]")
            + (start - start.astype("datetime64[M]").astype("datetime64[D]"))
            - 1
        )
        early = live & (rng.random_sample(n) < s.TERMINATED_EARLY)
        stopped = start + rng.randint(60, 330, n)
        part = fixed.assign(
            term=term,
            signed_on=start - rng.randint(3, 40, n),
            starts_on=start,
            ends_on=ends,
            annual_value=(value * 100).astype("int64"),
            terminated_on=where(early, stopped, np.datetime64("NaT")),
            termination_reason=where(early, pick(rng, s.TERMINATION_REASONS, n), None),
        )
        parts.append(part[live])
        renews = rng.random_sample(n) >= churns
        live = live & renews & ~early & (ends < AS_OF)
        start = ends + 1
        value = np.round(value * (1 + rng.normal(s.PRICE_RISE_MEAN, s.PRICE_RISE_SD, n)), -2)
        term += 1
    contracts = pd.concat(parts, ignore_index=True).sort_values(["starts_on", "customer_id"]).reset_index(drop=True)
    contracts["contract_id"] = ids("HT", np.arange(1, len(contracts) + 1), 5)
    for column in ("signed_on", "starts_on", "ends_on", "terminated_on"):
        contracts[column] = contracts[column].astype("datetime64[s]")
    contracts["terminated_on"] = keep_until(contracts["terminated_on"].to_numpy(), AS_OF)
    contracts["termination_reason"] = contracts["termination_reason"].where(contracts["terminated_on"].notna())
    before = contracts.set_index(["customer_id", "term"])["contract_id"]
    wanted = pd.MultiIndex.from_arrays([contracts["customer_id"], contracts["term"] - 1])
    contracts["renews_contract_id"] = before.reindex(wanted).to_numpy()
    # A contract is on file from its signature, or its start where it was signed late.
    contracts["filed_on"] = contracts[["signed_on", "starts_on"]].min(axis=1)
    return contracts[contracts["filed_on"] <= END].reset_index(drop=True)


def _leads(rng: Rng, customers: pd.DataFrame, contracts: pd.DataFrame, desks: Desks, scale: float) -> pd.DataFrame:
    """Opportunities with known customers, by season of their decision, and enquiries that came to nothing."""
    last = contracts.groupby("customer_id")[["ends_on", "terminated_on"]].max()
    gone = last["terminated_on"].fillna(last["ends_on"])
    gone = gone[gone < END]
    kind = customers["customer_type"].to_numpy()
    stay = rng.exponential(2_600, len(customers)).astype(int)
    since = np.maximum(customers["acquired_at"].to_numpy().astype("datetime64[D]"), FIRST_DAY)
    until = customers["acquired_at"].to_numpy().astype("datetime64[D]") + 300 + stay
    left = customers["customer_id"].map(gone).to_numpy().astype("datetime64[D]")
    until = where(np.isnat(left), until, np.minimum(until, left + 120))
    until = np.minimum(until, AS_OF)
    years = np.maximum((until - since).astype(int), 0) / 365.25
    season = np.asarray(s.DECISION_MONTHS) / np.mean(s.DECISION_MONTHS)
    rate = look_up({k: v.projects_a_year for k, v in s.KINDS.items()}, kind) * season.max()
    owner = np.repeat(np.arange(len(customers)), rng.poisson(rate * years))
    n = len(owner)
    created = at_hours(
        rng,
        since[owner] + (np.maximum((until - since)[owner].astype(int), 1) * rng.random_sample(n)).astype(int),
        9,
        18,
    )
    days = rng.randint(25, 150, n)
    decided = at_hours(rng, add_days(created, days), 9, 18)
    kept = rng.random_sample(n) < season[months_of(decided) - 1] / season.max()
    customer = customers.iloc[owner].reset_index(drop=True)
    tender = rng.random_sample(n) < look_up({k: v.tender_share for k, v in s.KINDS.items()}, kind[owner])
    wins = rng.random_sample(n) < where(tender, s.WIN_RATE[True], s.WIN_RATE[False])
    reason = pick(rng, s.LOST_REASONS, n)
    named = (reason != "项目取消") & (rng.random_sample(n) < 0.8)
    value = look_up({k: v.project_value for k, v in s.KINDS.items()}, kind[owner])
    spread = look_up({k: v.spread for k, v in s.KINDS.items()}, kind[owner])
    leads = frame(
        created_at=created,
        source_channel=where(tender, "招投标", customer["acquisition_channel"]),
        partner_id=customer["partner_id"],
        region=customer["city"],
        industry=customer["industry"],
        qualified_at=at_hours(rng, add_days(created, np.maximum(days // 6, 1)), 9, 18),
        quoted_at=at_hours(rng, add_days(created, np.maximum(days // 2, 2)), 9, 18),
        converted_at=where(wins, decided, NAT),
        customer_id=customer["customer_id"],
        lost_at=where(wins, NAT, decided),
        lost_reason=where(wins, None, reason),
        lost_to_competitor=where(~wins & named, pick(rng, s.COMPETITORS, n), None),
        expected_amount=money(np.maximum(value * rng.lognormal(0, spread) * customer["size"], 1_500), 100),
        is_tender=tender,
    )[kept]
    leads = pd.concat([leads, _unqualified(rng, round(s.UNQUALIFIED_LEADS * scale))], ignore_index=True)
    leads = leads.sort_values(["created_at", "expected_amount"]).reset_index(drop=True)
    leads["lead_id"] = ids("SJ", np.arange(1, len(leads) + 1), 5)
    leads["owner_staff_id"] = desks.on_duty(rng, "销售", leads["created_at"].to_numpy())
    leads["campaign_id"] = where(leads["source_channel"] == "展会", _fair_of(leads["created_at"].to_numpy()), None)
    for column in ("qualified_at", "quoted_at", "converted_at", "lost_at"):
        leads[column] = keep_until(leads[column].to_numpy(), AS_OF)
    unknown = leads["lost_at"].isna()
    for column in ("lost_reason", "lost_to_competitor"):
        leads[column] = leads[column].where(~unknown, None)
    return leads


def _unqualified(rng: Rng, n: int) -> pd.DataFrame:
    created = at_hours(rng, np.sort(FIRST_DAY + rng.randint(0, (AS_OF - FIRST_DAY).astype(int), n)), 9, 18)
    return frame(
        created_at=created,
        source_channel=pick(rng, {"官网": 0.5, "展会": 0.3, "直销拜访": 0.2}, n),
        region=look_up({c.code: c.name for c in CITIES.values()}, pick(rng, s.CITY_MIX, n)),
        qualified_at=NAT,
        quoted_at=NAT,
        converted_at=NAT,
        lost_at=at_hours(rng, add_days(created, rng.randint(5, 60, n)), 9, 18),
        lost_reason=pick(rng, s.UNQUALIFIED_REASONS, n),
        expected_amount=money(rng.lognormal(np.log(30_000), 0.6, n), 100),
        is_tender=False,
    )


def _fair_of(moments: Array) -> Array:
    """The fair, each April and October, before a moment."""
    half = (moments.astype("datetime64[M]").astype(int) + 12 * 1970 - 3) // 6
    return np.array([f"HD{h // 2}{'春' if h % 2 == 0 else '秋'}" for h in half], dtype=object)


def _orders(
    rng: Rng, customers: pd.DataFrame, contracts: pd.DataFrame, leads: pd.DataFrame, desks: Desks
) -> pd.DataFrame:
    won = leads[leads["converted_at"].notna()]
    # A maintenance contract covers the project if it runs on the day.
    live = contracts[["customer_id", "contract_id", "starts_on", "ends_on"]]
    covered = won[["lead_id", "customer_id", "converted_at"]].merge(live, on="customer_id")
    covered = covered[
        (covered["starts_on"] <= covered["converted_at"]) & (covered["converted_at"] <= covered["ends_on"])
    ].drop_duplicates("lead_id")
    contract_of = won["lead_id"].map(covered.set_index("lead_id")["contract_id"])
    n = len(won)
    ordered = won["converted_at"].to_numpy()
    delivered = at_hours(rng, add_days(ordered, rng.randint(10, 75, n)), 9, 18)
    cancels = rng.random_sample(n) < s.CANCEL_RATE
    projects = frame(
        customer_id=won["customer_id"],
        lead_id=won["lead_id"],
        contract_id=contract_of,
        order_kind=where(contract_of.notna(), "add_on", "main"),
        ordered_at=ordered,
        event_on=delivered.astype("datetime64[D]").astype("datetime64[s]"),
        fulfilled_at=where(cancels, NAT, delivered),
        cancelled_at=where(cancels, at_hours(rng, add_days(ordered, rng.randint(2, 9, n)), 9, 18), NAT),
        channel=where(won["is_tender"], "招投标", where(won["partner_id"].notna(), "经销商", "直销")),
        partner_id=won["partner_id"],
        target=won["expected_amount"] / 100,
    )
    started = contracts[(contracts["starts_on"] >= FIRST_DAY) & (contracts["starts_on"] <= END)]
    service = frame(
        customer_id=started["customer_id"],
        contract_id=started["contract_id"],
        order_kind=where(started["term"] == 0, "main", "renewal"),
        ordered_at=started["starts_on"],
        event_on=started["starts_on"],
        fulfilled_at=started["ends_on"],
        cancelled_at=NAT,
        channel="直销",
        target=started["annual_value"] / 100 * started["years"],
    )
    orders = pd.concat([projects, service], ignore_index=True).sort_values(["ordered_at", "customer_id", "target"])
    orders = orders.reset_index(drop=True)
    orders["order_id"] = ids("XS", np.arange(1, len(orders) + 1), 5)
    orders["is_service"] = orders["lead_id"].isna()
    orders["sales_staff_id"] = desks.on_duty(rng, "销售", orders["ordered_at"].to_numpy())
    for column in ("fulfilled_at", "cancelled_at"):
        orders[column] = keep_until(orders[column].to_numpy(), AS_OF)
    return orders


def _order_lines(rng: Rng, orders: pd.DataFrame) -> pd.DataFrame:
    service = orders[orders["is_service"]]
    parts = [
        frame(
            order_id=service["order_id"],
            line_no=1,
            product_id="S01",
            quantity=1,
            unit_price=money(service["target"], 1),
        )
    ]
    projects = orders[~orders["is_service"]]
    n = len(projects)
    prices = {code: price for code, (_, _, price) in s.PRODUCTS.items()}
    share = rng.dirichlet([2.0, 1.0, 0.7], n)
    wanted = 1 + rng.binomial(2, 0.4, n)
    for line_no in (1, 2, 3):
        chosen = wanted >= line_no
        product = pick(rng, s.EQUIPMENT_MIX, n)
        budget = projects["target"].to_numpy() * where(wanted == 1, 1.0, share[:, line_no - 1])
        # Too dear for the budget: take terminals instead.
        product = where(look_up(prices, product) > 1.5 * budget, "E01", product)
        price = look_up(prices, product) * rng.uniform(0.92, 1.05, n)
        quantity = np.maximum(1, np.round(budget / price)).astype(int)
        line = frame(
            order_id=projects["order_id"],
            line_no=line_no,
            product_id=product,
            quantity=quantity,
            unit_price=money(price, 1),
        )
        parts.append(line[chosen])
    trained = rng.random_sample(n) < s.SERVICE_ATTACH
    parts.append(
        frame(
            order_id=projects["order_id"],
            line_no=wanted + 1,
            product_id="S02",
            quantity=rng.randint(1, 3, n),
            unit_price=prices["S02"] * 100,
        )[trained]
    )
    lines = pd.concat(parts, ignore_index=True).sort_values(["order_id", "line_no"]).reset_index(drop=True)
    lines["category"] = look_up({code: p[1] for code, p in s.PRODUCTS.items()}, lines["product_id"].to_numpy())
    cost = where(lines["category"] == "服务", s.SERVICE_COST, s.EQUIPMENT_COST)
    lines["unit_cost"] = money(lines["unit_price"] / 100 * cost * rng.uniform(0.95, 1.05, len(lines)), 1)
    return lines.merge(orders[["order_id", "ordered_at"]], on="order_id", how="left")


def _amounts(rng: Rng, orders: pd.DataFrame, lines: pd.DataFrame) -> None:
    """Amounts of an order are the sums of its lines."""
    n = len(orders)
    for column, price in (("gross_amount", "unit_price"), ("cost_amount", "unit_cost")):
        orders[column] = orders["order_id"].map((lines["quantity"] * lines[price]).groupby(lines["order_id"]).sum())
    discounted = ~orders["is_service"].to_numpy() & (rng.random_sample(n) < 0.6)
    orders["discount_amount"] = money(
        where(discounted, orders["gross_amount"] / 100 * rng.uniform(0.01, 0.08, n), 0), 100
    )
    delivered = orders["fulfilled_at"].to_numpy()
    refunds = ~orders["is_service"].to_numpy() & ~np.isnat(delivered) & (rng.random_sample(n) < s.REFUND_RATE)
    when = at_hours(rng, add_days(where(np.isnat(delivered), END, delivered), rng.randint(10, 60, n)), 9, 18)
    orders["refunded_at"] = keep_until(where(refunds, when, NAT), AS_OF)
    amount = pd.Series(
        money((orders["gross_amount"] - orders["discount_amount"]) / 100 * rng.uniform(0.05, 0.4, n), 100)
    )
    orders["refund_amount"] = amount.where(orders["refunded_at"].notna()).astype("Int64")


def order_status(orders: pd.DataFrame, on: np.datetime64) -> pd.DataFrame:
    return last_change(orders).assign(
        status=np.select(
            [orders["cancelled_at"].notna(), orders["fulfilled_at"].notna()], ["cancelled", "completed"], "open"
        )
    )


def _invoices(rng: Rng, orders: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Service is invoiced at the start (authorities: half then, half after six months), equipment on delivery."""
    billed = orders[orders["cancelled_at"].isna()].copy()
    billed["kind"] = billed["customer_id"].map(customers.set_index("customer_id")["customer_type"])
    net = billed["gross_amount"] - billed["discount_amount"]
    halves = billed["is_service"] & billed["kind"].eq("government")
    retained = ~billed["is_service"] & (net > 15_000_000)
    first_share = where(halves, 0.5, where(retained, 0.9, 1.0))
    start = where(billed["is_service"], billed["ordered_at"].to_numpy(), billed["fulfilled_at"].to_numpy())
    first = (net * first_share).round(-2).astype("int64")
    common = billed[["order_id", "contract_id", "customer_id", "kind"]]
    parts = [
        common.assign(issued_on=add_days(start, 2), amount=first),
        common.assign(issued_on=add_days(start, where(halves, 182, 365)), amount=net - first)[halves | retained],
    ]
    invoices = pd.concat(parts, ignore_index=True)
    invoices = invoices[invoices["issued_on"] <= END].copy()
    invoices["issued_on"] = invoices["issued_on"].dt.normalize()
    invoices = invoices.sort_values(["issued_on", "order_id"]).reset_index(drop=True)
    n = len(invoices)
    invoices["invoice_id"] = ids("FP", np.arange(1, n + 1), 6)
    terms = look_up({k: v.payment_terms for k, v in s.KINDS.items()}, invoices["kind"].to_numpy())
    issued = invoices["issued_on"].to_numpy()
    invoices["due_on"] = add_days(issued, terms)
    on_time = rng.random_sample(n) < look_up(
        {k: v.paid_on_time for k, v in s.KINDS.items()}, invoices["kind"].to_numpy()
    )
    median = look_up({k: v.late_days for k, v in s.KINDS.items()}, invoices["kind"].to_numpy())
    late = np.maximum(1, rng.lognormal(np.log(median), 0.7)).astype(int)
    delay = where(on_time, -(terms * rng.uniform(0, 0.8, n)).astype(int), late)
    settled = add_days(invoices["due_on"].to_numpy(), delay)
    disputed = rng.random_sample(n) < s.DISPUTED
    disputed_on = add_days(issued, rng.randint(8, 40, n))
    resolved_on = add_days(disputed_on, rng.randint(30, 200, n))
    settled = where(disputed, np.maximum(settled, add_days(resolved_on, 5)), settled)
    written_off = ~disputed & (rng.random_sample(n) < s.WRITTEN_OFF)
    invoices["is_ordinary"] = ~disputed & ~written_off
    written_off_on = add_days(invoices["due_on"].to_numpy(), 365)
    invoices["pays_on"] = where(written_off, NAT, settled)
    invoices["settled_on"] = keep_until(where(written_off, NAT, settled), AS_OF)
    invoices["disputed_on"] = keep_until(where(disputed, disputed_on, NAT), AS_OF)
    invoices["dispute_resolved_on"] = keep_until(where(disputed, resolved_on, NAT), AS_OF)
    invoices["written_off_on"] = keep_until(where(written_off, written_off_on, NAT), AS_OF)
    amount = invoices["amount"].where(invoices["written_off_on"].notna())
    return invoices.assign(written_off_amount=amount.astype("Int64"))


def _payments(rng: Rng, invoices: pd.DataFrame) -> pd.DataFrame:
    payable = invoices[invoices["pays_on"].notna()]
    n = len(payable)
    in_two = rng.random_sample(n) < s.PAID_IN_TWO
    last = payable["pays_on"].to_numpy()
    before = np.maximum(payable["issued_on"].to_numpy(), add_days(last, -rng.randint(10, 45, n)))
    part = (payable["amount"].to_numpy() * 0.6 / 100).round().astype("int64") * 100
    amount = payable["amount"].to_numpy()
    common = payable[["invoice_id", "order_id", "customer_id"]].reset_index(drop=True)
    payments = pd.concat(
        [
            common.assign(paid_at=before, amount=part)[in_two],
            common.assign(paid_at=last, amount=where(in_two, amount - part, amount)),
        ],
        ignore_index=True,
    )
    payments = payments[payments["paid_at"] <= END].sort_values(["paid_at", "invoice_id"]).reset_index(drop=True)
    payments["payment_id"] = ids("HK", np.arange(1, len(payments) + 1), 6)
    payments["method"] = pick(rng, {"对公转账": 0.86, "承兑汇票": 0.11, "现金": 0.03}, len(payments))
    return payments


def _tickets(rng: Rng, contracts: pd.DataFrame, desks: Desks) -> pd.DataFrame:
    """By the months a contract runs; the deadline follows the priority."""
    start = np.maximum(contracts["starts_on"].to_numpy(), FIRST_DAY.astype("datetime64[s]"))
    stop = np.minimum(contracts["terminated_on"].fillna(contracts["ends_on"]).to_numpy(), END)
    days = np.maximum((stop - start).astype("timedelta64[D]").astype(int), 0)
    parts = []
    for kind, yearly in s.TICKETS_PER_CONTRACT_YEAR.items():
        of = np.repeat(np.arange(len(contracts)), rng.poisson(yearly * days / 365.25))
        n = len(of)
        opened = at_hours(rng, add_days(start[of], (days[of] * rng.random_sample(n)).astype(int)), 8, 19)
        parts.append(
            frame(
                customer_id=contracts["customer_id"].to_numpy()[of],
                kind=kind,
                reason=pick(rng, s.TICKET_REASONS[kind], n),
                opened_at=opened,
                is_adopted=where(kind == "suggestion", rng.random_sample(n) < s.SUGGESTION_ADOPTED, None),
            )
        )
    tickets = pd.concat(parts, ignore_index=True).sort_values(["opened_at", "customer_id", "kind"])
    tickets = tickets[tickets["opened_at"] <= END].reset_index(drop=True)
    n = len(tickets)
    priority = pick(rng, {p: share for p, (share, _, _) in s.PRIORITIES.items()}, n)
    allowed = look_up({p: hours * 3600 for p, (_, hours, _) in s.PRIORITIES.items()}, priority)
    quick = rng.random_sample(n) < look_up({p: in_time for p, (_, _, in_time) in s.PRIORITIES.items()}, priority)
    took = where(quick, rng.uniform(0.05, 1.0, n), 1.02 + rng.exponential(1.0, n)) * allowed
    opened = tickets["opened_at"].to_numpy()
    resolved = opened + took.astype("int64").astype("timedelta64[s]")
    never = rng.random_sample(n) < s.TICKET_NEVER_RESOLVED
    answered = opened + (took * rng.uniform(0.02, 0.5, n)).astype("int64").astype("timedelta64[s]")
    return tickets.assign(
        ticket_id=ids("FW", np.arange(1, n + 1), 5),
        priority=priority,
        due_at=opened + allowed.astype("timedelta64[s]"),
        first_response_at=keep_until(answered, AS_OF),
        resolved_at=keep_until(where(never, NAT, resolved), AS_OF),
        handling_minutes=rng.gamma(2.0, 45, n).astype(int) + 10,
        assignee_staff_id=desks.on_duty(rng, "售后", opened),
    )


def _surveys(rng: Rng, contracts: pd.DataFrame) -> pd.DataFrame:
    parts = []
    rounds = [f"{year}-{day}" for year in range(2021, 2027) for day in ("05-06", "11-03")]
    for day in np.array(rounds[1:-1], dtype="datetime64[D]"):
        live = contracts[
            (contracts["starts_on"] <= day) & (contracts["terminated_on"].fillna(contracts["ends_on"]) >= day)
        ]
        asked = live[rng.random_sample(len(live)) < s.SURVEY_INVITED]
        invited = at_hours(rng, day + np.sort(rng.randint(0, 25, len(asked))), 9, 18)
        parts.append(frame(customer_id=asked["customer_id"], invited_at=invited))
    invites = pd.concat(parts, ignore_index=True)
    n = len(invites)
    invites["method"] = pick(rng, s.SURVEY_METHODS, n)
    answers = rng.random_sample(n) < look_up(s.SURVEY_ANSWERED, invites["method"].to_numpy())
    replied = at_hours(rng, add_days(invites["invited_at"].to_numpy(), rng.randint(1, 20, n)), 9, 18)
    invites["responded_at"] = where(answers, replied, NAT)
    return answered_surveys(rng, invites, s.CSAT_TOP2, s.CSAT_LOADING, s.NPS_MIX)


def _referrals(rng: Rng, customers: pd.DataFrame) -> pd.DataFrame:
    """Customers brought by an older one of the same city where there is one."""
    referred = customers.index[(customers["acquisition_channel"] == "老客户介绍") & (customers.index >= 20)]
    referrer = [int(rng.randint(0, position)) for position in referred]
    return frame(
        referral_id=ids("TJ", np.arange(1, len(referred) + 1), 4),
        referrer_customer_id=customers["customer_id"].to_numpy()[referrer],
        referred_customer_id=customers["customer_id"].to_numpy()[referred],
        referred_at=add_days(customers["acquired_at"].to_numpy()[referred], -rng.randint(5, 60, len(referred))),
    )


def _products() -> pd.DataFrame:
    rows = [
        (code, name, category, "service" if category == "服务" else "core", price * 100 or None)
        for code, (name, category, price) in s.PRODUCTS.items()
    ]
    products = pd.DataFrame(rows, columns=["product_id", "name", "category", "role", "list_price"])
    return products.assign(list_price=products["list_price"].astype("Int64"))


def _legal_events(rng: Rng, contracts: pd.DataFrame) -> pd.DataFrame:
    kinds = np.repeat(list(s.LEGAL_EVENTS), list(s.LEGAL_EVENTS.values())).astype(object)
    n = len(kinds)
    about = contracts.iloc[np.sort(rng.permutation(len(contracts))[:n])].reset_index(drop=True)
    opened = np.minimum(add_days(about["starts_on"].to_numpy(), rng.randint(30, 300, n)), END - np.timedelta64(20, "D"))
    opened = np.maximum(opened, FIRST_DAY.astype("datetime64[s]")).astype("datetime64[D]").astype("datetime64[s]")
    closed = keep_until(add_days(opened, rng.randint(60, 700, n)), AS_OF)
    events = frame(
        customer_id=about["customer_id"],
        contract_id=about["contract_id"],
        kind=rng.permutation(kinds),
        opened_on=opened,
        closed_on=closed,
        amount=(about["annual_value"] * rng.uniform(0.1, 0.9, n)).round(-4).astype("int64"),
        outcome=where(np.isnat(closed), None, pick(rng, {"和解": 0.6, "胜诉": 0.25, "败诉": 0.15}, n)),
    )
    events = events.sort_values(["opened_on", "contract_id"]).reset_index(drop=True)
    return events.assign(event_id=ids("FL", np.arange(1, n + 1), 3))


def _campaigns(rng: Rng) -> tuple[pd.DataFrame, pd.DataFrame]:
    starts = np.array(
        [f"{year}-{month}" for year in range(2021, 2027) for month in ("04", "10")], dtype="datetime64[M]"
    )
    starts = starts[starts <= AS_OF.astype("datetime64[M]")]
    codes = _fair_of(starts)
    begins = starts.astype("datetime64[D]").astype("datetime64[s]")
    campaigns = frame(
        campaign_id=codes,
        name=[f"公共安全装备展{code[2:]}" for code in codes],
        channel="展会",
        is_online=False,
        started_on=begins,
        ended_on=add_days(begins, 182),
    )
    spend = frame(
        campaign_id=codes,
        channel="展会",
        period_start=begins,
        spend=money(rng.uniform(160, 260, len(codes)) * 1000, 100),
    )
    months = np.arange(FIRST_DAY.astype("datetime64[M]"), AS_OF.astype("datetime64[M]") + 1)
    web = frame(
        campaign_id=None,
        channel="官网",
        period_start=months.astype("datetime64[D]").astype("datetime64[s]"),
        spend=money(rng.uniform(14, 22, len(months)) * 1000, 100),
    )
    both = pd.concat([spend, web], ignore_index=True).sort_values(["period_start", "channel"]).reset_index(drop=True)
    return campaigns, both
