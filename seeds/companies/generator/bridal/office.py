"""The wedding photographer's office: care, team, privacy and management, and columns other systems add."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..common import (
    AS_OF,
    DELIVERIES,
    NAT,
    Rng,
    Streams,
    add_days,
    end_of_day,
    frame,
    ids,
    keep_until,
    look_up,
    pick,
    where,
)
from ..deliver import World, with_helpers
from ..office import Office, add, add_claims, answered_by, plant_seats
from ..planting import sample
from ..regions import CITIES
from ..staffing import Desks
from ..truth import WINDOW_START, resolved_orders, revenue
from . import settings as s

FORGOTTEN_AFTER = 400  # days after the wedding without an order: the couple counts as lost
PLANNER_COMMISSION = 0.08
PARTNER_NAMES = {"agent": "婚庆公司", "other": "婚礼酒店", "association": "婚庆协会"}
LEGAL = {"dispute": 7, "litigation": 2, "breach": 2}
COMMENTED = 0.15
REOPENED = 0.06
PRIORITIES = {"complaint": {"高": 0.5, "中": 0.4, "低": 0.1}, "": {"高": 0.1, "中": 0.5, "低": 0.4}}
CATEGORIES = {"出片延迟": "交付", "取件进度": "交付", "修图质量": "产品", "重修": "产品", "增加样式": "产品",
              "礼服问题": "产品", "门店环境": "环境"}  # fmt: skip
RESOLUTIONS = {
    "complaint": ("致歉并补偿精修两张", "加急出片", "退还部分费用", "重新修图后客户认可"),
    "suggestion": ("已转产品组", "已记录"),
    "inquiry": ("已答复", "已改约"),
    "service": ("已重修", "已改期", "已补寄"),
}
COMMENTS = {True: ("很满意", "摄影师有耐心", "会推荐给朋友"), False: ("等片太久", "门店有点旧", "修图不够自然")}

OFFICE = Office(
    care_teams={"客服": 0.65, "销售": 0.35},
    touches_a_year={"high": 3.2, "other": 1.9},
    touch_mix={"message": 0.46, "call": 0.22, "anniversary": 0.14, "event": 0.07, "gift": 0.05, "visit": 0.06},
    automated={"message": 0.72, "anniversary": 0.55},
    touch_channels={"message": {"微信": 0.9, "短信": 0.1}, "anniversary": {"微信": 1.0}, "event": {"门店": 1.0},
                    "gift": {"快递": 0.7, "门店": 0.3}, "visit": {"门店": 1.0}},
    touch_cost={"call": 3, "visit": 40, "event": 90, "gift": 130, "anniversary": 18, "message": 1, "win_back": 5},
    contact_roles={"配偶": 0.82, "家长": 0.09},
    contact_left=0.0,
    needs={"中式": 0.2, "韩式": 0.18, "旅拍": 0.16, "纪实": 0.14, "孕妇照": 0.12, "宝宝照": 0.12, "周年照": 0.08},
    need_captured=0.62,
    need_sources={"咨询": 0.5, "套系": 0.3, "偏好": 0.2},
    lead_need_captured=0.4,
    loss_recorded=0.7,
    loss_reasons={"无后续需求": 0.34, "价格": 0.22, "选择竞品": 0.2, "迁居": 0.14, "服务不满": 0.1},
    loss_reason_known=0.85,
    to_competitor="选择竞品",
    competitors=s.COMPETITORS,
    win_back_contacted=0.5,
    trained={"privacy": {"销售": 0.75, "客服": 0.8, "摄影": 0.4}, "crm": {"销售": 0.6, "客服": 0.6},
             "service": {"客服": 0.8, "摄影": 0.5}, "sales": {"销售": 0.85}},
    incentives={"销售": "销售提成", "客服": "满意度奖金"},
    incentive_share=0.9,
    login=0.74,
    works_weekends=True,
    consent={"contract": 0.97, "marketing": 0.58, "image_use": 0.44, "transfer": 0.31},
    withdrawn={"marketing": 0.06, "image_use": 0.04, "transfer": 0.03},
    consent_evidence={"电子签署": 0.7, "纸质签署": 0.24, "短信确认": 0.06},
    accesses_a_month=60,
    access_mix={"view": 0.55, "change": 0.27, "export": 0.15, "delete": 0.03},
    export_approved=0.93,
    channels=(*((channel, channel in s.ONLINE) for channel in s.CHANNEL_MIX), ("线上", True), ("门店", False)),
    competitor_rows=(
        ("竞品甲影楼", 0.052, "连锁影楼", "高", "2024-12-31"),
        ("竞品乙工作室", 0.031, "工作室", "中", "2024-12-31"),
        ("竞品丙旅拍", 0.024, "旅拍", "高", "2024-12-31"),
        ("竞品甲影楼", 0.049, "连锁影楼", "高", "2025-12-31"),
        ("竞品乙工作室", 0.036, "工作室", "中", "2025-12-31"),
        ("竞品丙旅拍", 0.029, "旅拍", "中", "2025-12-31"),
        ("竞品丙旅拍", 0.031, "旅拍", "中", "2026-06-15"),
    ),
    incidents=(
        ("2024-05-14", "误发客片", 1, 6, True, "书面警告"),
        ("2024-11-03", "账号共用", 0, 20, True, "口头警告"),
        ("2025-08-21", "误发客片", 2, 9, True, "书面警告"),
        ("2025-12-09", "U盘遗失", 140, 45, True, "扣除奖金"),
        ("2026-03-18", "钓鱼邮件", 0, 30, False, "系统加固"),
        ("2026-06-11", "账号共用", 0, None, True, None),
    ),
    controls=(
        ("数据加密", "in_place", "2025-11-20", "照片库与数据库加密配置"),
        ("访问控制", "in_place", "2026-02-12", "岗位权限表"),
        ("备份", "in_place", "2026-05-08", "恢复演练记录"),
        ("审计日志", "partial", "2025-09-30", "仅导出与删除留痕"),
        ("保存期限", "partial", "2024-10-15", "旧客片未清理"),
        ("应急预案", "in_place", "2025-03-01", "预案第二版"),
        ("数据脱敏", "absent", None, None),
        ("供应商协议", "in_place", "2025-12-05", "云存储与短信服务商协议"),
    ),
    market=(
        *(("own market", "婚纱摄影", "浙江省", year, size, growth, "示例行业协会年报", year + 1)
          for year, size, growth in ((2021, 3_060_000_000, 0.02), (2022, 2_850_000_000, -0.069),
                                     (2023, 3_120_000_000, 0.095), (2024, 3_180_000_000, 0.019),
                                     (2025, 3_230_000_000, 0.016))),
        ("own market", "婚纱摄影", "浙江省", 2024, 3_205_000_000, 0.027, "示例行业协会年报修订", 2026),
        ("own market", "婚纱摄影", "浙江省", 2026, 3_290_000_000, 0.019, "示例行业协会预测", 2026),
        ("own market", "婚纱摄影", "全国", 2024, 41_800_000_000, 0.011, "示例行业协会年报", 2025),
        ("own market", "婚纱摄影", "全国", 2025, 42_100_000_000, 0.007, "示例行业协会年报", 2026),
    ),
    targets=(
        ("orders_12m", 1_180, 1_300), ("revenue_net_12m", 6_500_000, 7_000_000), ("csat_top2", 0.8, 0.85),
        ("nps", 0.35, 0.4), ("lead_conversion", 0.42, 0.44), ("sla_attainment", 0.88, 0.9),
        ("customer_growth_yoy", 0.05, 0.06), ("complaints_per_100_orders", 6.5, 5.5),
    ),
    initiatives=(
        ("缩短出片周期", "complaints_per_100_orders", "2025-02-01", "2025-08-31", 160_000, 148_000, "done"),
        ("老客转介绍奖励翻新", "referral_rate", "2025-04-01", "2025-12-31", 90_000, 104_000, "done"),
        ("小红书投放优化", "cac", "2025-09-01", "2026-02-28", 240_000, 236_000, "done"),
        ("会员日", "follow_on_rate", "2025-10-01", "2026-05-31", 70_000, 66_000, "done"),
        ("门店翻新", "csat_by_topic", "2025-11-01", None, 480_000, 310_000, "running"),
        ("宝宝照新品牌", "follow_on_rate", "2026-01-15", "2026-04-10", 120_000, 45_000, "cancelled"),
        ("客户数据治理", "dq_completeness", "2026-02-01", None, 110_000, 52_000, "running"),
        ("智能修图试点", "margin_net_12m", "2026-04-01", None, 150_000, 38_000, "running"),
    ),
    improvements=tuple(
        (opened, source, topic, done, code)
        for opened, source, topic, done, code in (
            ("2023-03-10", "survey", "environment", "2023-06-30", "csat_by_topic"),
            ("2023-07-05", "complaint", "delivery", "2023-10-12", "complaints_per_100_orders"),
            ("2023-11-20", "suggestion", "product", "2024-01-31", "csat_by_topic"),
            ("2024-02-18", "complaint", "product", "2024-05-20", "complaints_per_100_orders"),
            ("2024-06-03", "survey", "service", "2024-09-15", "csat_top2"),
            ("2024-09-12", "market", "price", "2024-12-20", "lead_conversion"),
            ("2024-12-02", "complaint", "delivery", "2025-03-28", "complaints_per_100_orders"),
            ("2025-03-15", "suggestion", "service", "2025-05-30", "sla_attainment"),
            ("2025-06-09", "survey", "environment", "2025-11-18", "csat_by_topic"),
            ("2025-07-21", "complaint", "service", "2025-09-30", "sla_attainment"),
            ("2025-09-08", "market", "product", "2025-12-15", "follow_on_rate"),
            ("2025-11-24", "complaint", "delivery", "2026-02-27", "complaints_per_100_orders"),
            ("2026-01-12", "suggestion", "product", "2026-05-06", "csat_by_topic"),
            ("2026-02-25", "survey", "environment", None, "csat_by_topic"),
            ("2026-04-20", "complaint", "product", None, "complaints_per_100_orders"),
            ("2026-05-18", "market", "price", None, "lead_conversion"),
        )
    ),
    ratings={
        "strategy_guidance": 3.6, "strategy_feedback": 3.1, "competition_response": 3.2, "competition_advantage": 3.5,
        "operations_guidance": 3.8, "operations_feedback": 3.4, "culture_shaping": 3.9, "culture_heritage": 3.3,
        "sustainability_assurance": 2.8, "sustainability_promotion": 2.6, "team_culture": 4.1,
        "brand_reputation": 4.2, "artistic_quality": 4.4, "innovation_capability": 3.0, "service_attitude": 4.0,
        "risk_awareness": 2.7,
    },
    rating_notes=("访谈与制度文件", "抽查客户档案", "近一年会议纪要", "现场观察"),
    claims=(
        ("近12个月订单量", "orders_12m", 0.0),
        ("近12个月净收入", "revenue_net_12m", 0.0),
        ("客户总体满意度", "csat_top2", 0.12),
        ("净推荐值", "nps", 0.35),
        ("按时解决率", "sla_attainment", 0.0),
        ("婚后两年内再次消费的比例", "follow_on_rate", 0.25),
    ),
    systems=(
        ("示例CRM影楼版", "2022-09-01", 24, 46_000, "客户;线索;订单;售后;会员;报表",
         "客户;线索;订单;售后;会员;营销自动化;报表", "客户;线索;订单;售后;会员"),
        ("示例问卷", "2023-01-10", 4, 6_000, "问卷;回访", "问卷;回访", "问卷;回访"),
    ),
)  # fmt: skip


def complete(streams: Streams, world: World, desks: Desks) -> None:
    """Add the remaining entities and columns to a world whose records stand."""
    world |= with_helpers(
        {
            "partners": _partners(streams("partners")),
            "legal_events": _legal_events(streams("legal_events"), world["orders"]),
        }
    )
    plant_seats(streams("seats"), world, OFFICE)
    _customer_columns(streams("customer columns"), world)
    add(streams, world, desks, OFFICE, _losses(world))
    _partner_columns(streams("partner columns"), world)
    _order_columns(streams("order columns"), world)
    _service_columns(streams("service columns"), world)
    _marketing_columns(streams("marketing columns"), world)
    add_claims(world, OFFICE, _truths(world))


def _partners(rng: Rng) -> pd.DataFrame:
    kinds = ("agent", "agent", "agent", "other", "other", "association", "agent", "other")
    n = len(kinds)
    return frame(
        partner_id=ids("HB", np.arange(1, n + 1), 2),
        name=[f"示例{PARTNER_NAMES[kind]}{i}" for i, kind in enumerate(kinds, 1)],
        kind=kinds,
        since_on=(np.datetime64("2018-01-01") + rng.randint(0, 1_200, n)).astype("datetime64[s]"),
        ends_on=where(np.arange(n) == 5, np.datetime64("2025-06-30", "s"), NAT),
        commission_rate=where(np.array(kinds) == "agent", PLANNER_COMMISSION, 0.05),
        is_exclusive=np.arange(n) == 2,
        support=["leads", "leads", "joint marketing", "venue", "venue", "none", "leads", "venue"],
    )  # fmt: skip


def _legal_events(rng: Rng, orders: pd.DataFrame) -> pd.DataFrame:
    kinds = np.repeat(list(LEGAL), list(LEGAL.values())).astype(object)
    n = len(kinds)
    clean = orders[orders["_planted"].isna() & (orders["ordered_at"] < DELIVERIES[0] - 200)]
    clean = clean[clean["ordered_at"] >= np.datetime64("2024-03-01")]
    about = sample(rng, clean[clean["order_kind"] == "main"], n).reset_index(drop=True)
    opened = add_days(about["ordered_at"].to_numpy().astype("datetime64[D]"), rng.randint(40, 190, n))
    closed = keep_until(add_days(opened, rng.randint(30, 420, n)), AS_OF)
    events = frame(
        customer_id=about["customer_id"],
        kind=rng.permutation(kinds),
        opened_on=opened,
        closed_on=closed,
        amount=((about["gross_amount"] - about["discount_amount"]) * rng.uniform(0.2, 1.2, n))
        .round(-3)
        .astype("int64"),
        outcome=where(np.isnat(closed), None, pick(rng, {"和解": 0.7, "胜诉": 0.15, "败诉": 0.15}, n)),
    ).sort_values(["opened_on", "customer_id"])
    return events.reset_index(drop=True).assign(event_id=ids("FL", np.arange(1, n + 1), 3))


def _losses(world: World) -> pd.DataFrame:
    """Couples without an order for FORGOTTEN_AFTER days after the wedding; the next one brings them back."""
    orders = world["orders"][world["orders"]["_planted"].isna() & world["orders"]["cancelled_at"].isna()]
    customers = world["customers"].set_index("customer_id")["true_customer_id"]
    orders = orders.assign(customer_id=orders["customer_id"].map(customers))
    wedding = orders[orders["order_kind"] == "main"].groupby("customer_id")["event_on"].first()
    again = orders[orders["order_kind"] == "follow_on"].sort_values("ordered_at")
    limit = add_days(wedding.to_numpy(), FORGOTTEN_AFTER)
    limits = pd.Series(limit, index=wedding.index)
    late = again["ordered_at"] > again["customer_id"].map(limits)
    forgotten = ~wedding.index.isin(again.loc[~late, "customer_id"])
    back = again[late].groupby("customer_id")["ordered_at"].first().reindex(wedding.index)
    return frame(customer_id=wedding.index, lost_at=limit, back_at=back.to_numpy())[forgotten].reset_index(drop=True)


def _customer_columns(rng: Rng, world: World) -> None:
    """One draw a couple: its second record repeats the first."""
    customers = world["customers"]
    who, of = np.unique(customers["true_customer_id"].to_numpy(), return_inverse=True)
    n = len(who)
    street, house = rng.randint(1, 60, n), rng.randint(1, 300, n)
    mail = np.array([f"{c.lower()}@example.com" for c in who], dtype=object)
    customers["email"] = where(rng.random_sample(n) < 0.4, mail, None)[of]
    customers["wechat_id"] = np.array([f"wx_example_{c[2:]}" for c in who], dtype=object)[of]
    place = np.array([f"示例路{a}号{b}室" for a, b in zip(street, house, strict=True)], dtype=object)[of]
    customers["address"] = customers["city"] + place
    customers["region"] = look_up({c.code: c.province for c in CITIES.values()}, customers["region_code"].to_numpy())
    other = customers["gender"].map({"female": "male", "male": "female"})
    customers["partner_gender"] = where(rng.random_sample(n)[of] < 0.05, None, other)
    # A few were marked deleted in the CRM and are still exported.
    deleted = sample(rng, customers[customers["_planted"].isna() & (customers["created_at"] < DELIVERIES[0] - 900)], 6)
    customers["deleted_at"] = np.full(len(customers), NAT)
    customers.loc[deleted.index, "deleted_at"] = (AS_OF - np.array([20, 45, 140, 200, 260, 330])).astype(
        "datetime64[s]"
    )


def _partner_columns(rng: Rng, world: World) -> None:
    """Couples whom a wedding planner or a hotel sent, with their leads and first orders."""
    customers, leads, orders = world["customers"], world["leads"], world["orders"]
    live = world["partners"].loc[world["partners"]["ends_on"].isna(), "partner_id"].to_numpy()
    sent = live[rng.randint(0, len(live), len(leads))]
    leads["partner_id"] = where(leads["source_channel"] == "婚庆合作", sent, None)
    by_lead = leads.set_index("lead_id")["partner_id"]
    customers["partner_id"] = customers["lead_id"].map(by_lead)
    orders["partner_id"] = orders["lead_id"].map(by_lead)
    wanted = pick(rng, {code: p[1] for code, p in s.PACKAGES.items()}, len(leads))
    leads["product_id"] = where(leads["qualified_at"].notna(), wanted, None)


def lead_probability(leads: pd.DataFrame, on: np.datetime64) -> pd.DataFrame:
    """By the stage the delivery shows."""
    stages = [leads[c].notna() for c in ("converted_at", "lost_at", "quoted_at", "qualified_at")]
    return leads.assign(probability=np.select(stages, [1.0, 0.0, 0.6, 0.35], 0.15))


def _order_columns(rng: Rng, world: World) -> None:
    orders, lines, payments = world["orders"], world["order_lines"], world["payments"]
    orders["currency"] = "CNY"
    orders["is_test"] = orders["_planted"] == "test_account"
    # Booked within three days, and before the quarter of the first delivery is closed.
    n = len(orders)
    booked = add_days(orders["ordered_at"].to_numpy(), where(rng.random_sample(n) < 0.85, 0, rng.randint(1, 4, n)))
    close = where(orders["ordered_at"] <= end_of_day(DELIVERIES[0]), end_of_day(DELIVERIES[0]), end_of_day(AS_OF))
    orders["booked_at"] = np.minimum(booked, close)
    typed = orders["_planted"] == "future_date"
    orders.loc[typed, "booked_at"] = orders.loc[typed, "ordered_at"] - np.timedelta64(365, "D")
    known = orders.set_index("order_id")
    payments["customer_id"] = payments["order_id"].map(known["customer_id"])
    cost = known["cost_amount"] / known["gross_amount"]
    lines["unit_cost"] = (lines["unit_price"] * lines["order_id"].map(cost)).round(-2).fillna(0).astype("int64")
    names = world["products"].set_index("product_id")["name"]
    lines["product_name"] = lines["product_id"].map(names)


def _service_columns(rng: Rng, world: World) -> None:
    tickets, surveys = world["tickets"], world["survey_responses"]
    n = len(tickets)
    kinds = tickets["kind"].to_numpy()
    urgent, calm = (pick(rng, mix, n) for mix in PRIORITIES.values())
    tickets["priority"] = where(kinds == "complaint", urgent, calm)
    tickets["category"] = tickets["reason"].map(CATEGORIES).fillna("服务")
    tickets["reopened_count"] = pd.Series(where(rng.random_sample(n) < REOPENED, rng.randint(1, 3, n), 0)).astype(
        "Int64"
    )
    tickets["handling_minutes"] = rng.gamma(2.0, 18, n).astype(int) + 5
    texts = {kind: np.array(words, dtype=object)[rng.randint(0, len(words), n)] for kind, words in RESOLUTIONS.items()}
    tickets["resolution"] = np.select([kinds == kind for kind in texts], list(texts.values()), None)
    tickets["improvement_id"] = answered_by(tickets, world["improvements"])
    for column in ("reopened_count", "handling_minutes", "resolution", "improvement_id"):
        tickets[column] = tickets[column].where(tickets["resolved_at"].notna(), None)
    m = len(surveys)
    says = surveys["topic"].eq("overall") & surveys["instrument"].eq("csat") & surveys["score"].notna()
    says &= rng.random_sample(m) < COMMENTED
    words = {mood: np.array(text, dtype=object)[rng.randint(0, len(text), m)] for mood, text in COMMENTS.items()}
    surveys["comment"] = where(says, where(surveys["score"].fillna(0) >= 4, words[True], words[False]), None)


def _marketing_columns(rng: Rng, world: World) -> None:
    spend = world["campaign_spend"]
    spend["impressions"] = (spend["clicks"] * rng.uniform(12, 22, len(spend))).astype("int64")


def _truths(world: World) -> dict[str, float]:
    """What the seller's claims are held against, from the whole records."""
    orders = resolved_orders(world)
    surveys, tickets = world["survey_responses"], world["tickets"]
    recent = surveys[(surveys["responded_at"] >= WINDOW_START) & surveys["score"].notna()]
    overall = recent[(recent["instrument"] == "csat") & (recent["topic"] == "overall")]["score"]
    nps = recent[recent["instrument"] == "nps"]["score"]
    due = tickets[(tickets["due_at"] >= WINDOW_START) & (tickets["due_at"] <= end_of_day(AS_OF))]
    mature = orders[orders["is_valid"] & (orders["order_kind"] == "main") & (orders["event_on"] <= AS_OF - 730)]
    wedding = mature.groupby("survivor")["event_on"].min()
    again = orders[orders["is_valid"] & (orders["order_kind"] == "follow_on")]
    since = again["ordered_at"] - again["survivor"].map(wedding)
    soon = again[(since >= np.timedelta64(0, "D")) & (since < np.timedelta64(730, "D"))]
    return {
        "orders_12m": float((orders["counts"] & (orders["ordered_at"] >= WINDOW_START)).sum()),
        "revenue_net_12m": revenue(orders, WINDOW_START, AS_OF + 1),
        "csat_top2": float((overall >= 4).mean()),
        "nps": float((nps >= 9).mean() - (nps <= 6).mean()),
        "sla_attainment": float((due["resolved_at"] <= due["due_at"]).mean()),
        "follow_on_rate": float(soon["survivor"].nunique() / max(1, len(wedding))),
    }
