"""The safety company's office: care, team, privacy and management, and columns other systems add."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..common import AS_OF, DELIVERIES, FIRST_DAY, NAT, Rng, Streams, add_days, end_of_day, frame, pick, where
from ..deliver import World, with_helpers
from ..office import Office, add, add_claims, answered_by, plant_seats
from ..staffing import Desks
from ..truth import WINDOW_START, resolved_orders, revenue
from . import settings as s

CHANGED_MIDWAY = 0.10  # contracts of one year whose value changed half-way; three-year ones change each year
CHANGE_MEAN, CHANGE_SD = 0.04, 0.12
COMMENTED = 0.25
REOPENED = 0.05
RATED = 0.55  # tickets whose customer gave a score
CATEGORIES = {"设备故障": "产品", "设备质量": "产品", "固件升级": "产品", "平台功能": "产品", "备件缺货": "交付"}
RESOLUTIONS = {
    "service": ("更换部件", "远程处理", "现场维修", "升级固件"),
    "inquiry": ("电话答复", "已发报价"),
    "complaint": ("上门致歉并修复", "补发备件", "重开发票"),
    "suggestion": ("转研发评估", "列入培训计划"),
}
COMMENTS = {True: ("响应及时", "设备稳定", "工程师专业"), False: ("备件等太久", "平台操作复杂", "交付延期")}

OFFICE = Office(
    care_teams={"销售": 0.7, "售后": 0.3},
    touches_a_year={"high": 7.0, "other": 3.0},
    touch_mix={"visit": 0.34, "call": 0.36, "message": 0.14, "event": 0.08, "gift": 0.03, "presales": 0.05},
    automated={"message": 0.5},
    touch_channels={"message": {"微信": 0.5, "邮件": 0.5}, "event": {"展会": 0.6, "现场": 0.4}, "visit": {"上门": 1.0},
                    "gift": {"快递": 1.0}, "presales": {"上门": 0.6, "线上": 0.4}},
    touch_cost={"call": 4, "visit": 260, "event": 320, "gift": 150, "presales": 420, "message": 1, "win_back": 120},
    contact_roles={"采购": 0.86, "技术": 0.55, "决策": 0.3},
    contact_left=0.09,
    needs={"视频监控": 0.28, "出入口控制": 0.18, "消防": 0.16, "执法装备": 0.14, "应急指挥": 0.1, "安检": 0.08,
           "培训": 0.06},
    need_captured=0.66,
    need_sources={"拜访": 0.6, "招标文件": 0.25, "咨询": 0.15},
    lead_need_captured=0.5,
    loss_recorded=0.9,
    loss_reasons={"预算取消": 0.36, "转向竞品": 0.34, "服务不满": 0.18, "机构撤并": 0.12},
    loss_reason_known=0.88,
    to_competitor="转向竞品",
    competitors=s.COMPETITORS,
    win_back_contacted=0.6,
    trained={"privacy": {"销售": 0.7, "售后": 0.6, "实施": 0.4}, "crm": {"销售": 0.7, "售后": 0.5},
             "service": {"售后": 0.85, "实施": 0.6}, "sales": {"销售": 0.8}},
    incentives={"销售": "回款提成", "售后": "满意度奖金"},
    incentive_share=0.85,
    login=0.8,
    works_weekends=False,
    consent={"contract": 0.9, "marketing": 0.52, "transfer": 0.36},
    withdrawn={"marketing": 0.05, "transfer": 0.04},
    consent_evidence={"合同条款": 0.6, "电子签署": 0.3, "邮件确认": 0.1},
    accesses_a_month=45,
    access_mix={"view": 0.55, "change": 0.28, "export": 0.14, "delete": 0.03},
    export_approved=0.9,
    channels=tuple((channel, channel == "官网") for channel in (*s.CHANNEL_MIX, "直销")),
    competitor_rows=(
        ("竞品甲安防", 0.094, "综合厂商", "高", "2024-12-31"),
        ("竞品乙科技", 0.061, "平台软件", "中", "2024-12-31"),
        ("竞品丙设备", 0.038, "设备分销", "低", "2024-12-31"),
        ("竞品甲安防", 0.101, "综合厂商", "高", "2025-12-31"),
        ("竞品乙科技", 0.066, "平台软件", "中", "2025-12-31"),
        ("竞品丙设备", 0.035, "设备分销", "低", "2025-12-31"),
        ("竞品乙科技", 0.069, "平台软件", "中", "2026-06-10"),
    ),
    incidents=(
        ("2024-08-06", "越权查询", 12, 15, True, "书面警告"),
        ("2025-03-19", "笔记本遗失", 60, 25, True, "扣除奖金"),
        ("2025-10-27", "误发投标资料", 1, 8, True, "书面警告"),
        ("2026-02-11", "钓鱼邮件", 0, 40, False, "系统加固"),
        ("2026-05-29", "越权查询", 5, None, True, None),
    ),
    controls=(
        ("数据加密", "in_place", "2025-10-12", "数据库与备份加密配置"),
        ("访问控制", "in_place", "2026-03-05", "角色权限表"),
        ("备份", "in_place", "2026-04-22", "恢复演练记录"),
        ("审计日志", "in_place", "2025-12-18", "日志留存六个月"),
        ("保存期限", "absent", None, None),
        ("应急预案", "in_place", "2024-11-30", "预案第三版"),
        ("数据脱敏", "partial", "2025-08-09", "仅报表脱敏"),
        ("供应商协议", "in_place", "2026-01-16", "云平台协议"),
    ),
    market=(
        *(("own market", "公共安全设备", "浙江省", year, size, growth, "示例安防协会年报", year + 1)
          for year, size, growth in ((2021, 8_900_000_000, 0.071), (2022, 9_300_000_000, 0.045),
                                     (2023, 9_750_000_000, 0.048), (2024, 10_100_000_000, 0.036),
                                     (2025, 10_380_000_000, 0.028))),
        ("own market", "公共安全设备", "浙江省", 2024, 10_160_000_000, 0.042, "示例安防协会年报修订", 2026),
        ("own market", "公共安全设备", "浙江省", 2026, 10_700_000_000, 0.031, "示例安防协会预测", 2026),
        *(("customer industry", industry, "浙江省", year, None, round(growth + shift, 4), "示例统计汇编", year + 1)
          for year, shift in ((2024, 0.004), (2025, 0.0))
          for industry, growth in (("公安", 0.021), ("应急管理", 0.064), ("交通管理", 0.035), ("城市管理", 0.012),
                                   ("轨道交通", 0.058), ("化工", 0.017), ("制造", 0.041), ("物业", -0.018),
                                   ("零售", -0.031), ("教育", -0.009), ("医疗", 0.047), ("文博", 0.026),
                                   ("住户", 0.008))),
    ),
    targets=(
        ("orders_12m", 330, 350), ("revenue_net_12m", 46_000_000, 48_000_000), ("csat_top2", 0.76, 0.8),
        ("nps", 0.2, 0.25), ("retention_rate_12m", 0.88, 0.9), ("overdue_share", 0.5, 0.4),
        ("sla_attainment", 0.9, 0.92), ("government_share", 0.4, 0.38),
    ),
    initiatives=(
        ("逾期应收清理", "overdue_share", "2025-03-01", "2025-12-31", 120_000, 131_000, "done"),
        ("重点客户驻点服务", "retention_rate_12m", "2025-05-01", "2026-02-28", 380_000, 352_000, "done"),
        ("备件前置仓", "sla_attainment", "2025-08-01", "2026-03-20", 260_000, 255_000, "done"),
        ("轨道交通行业方案", "industry_concentration", "2025-10-01", None, 420_000, 270_000, "running"),
        ("渠道伙伴认证", "partner_share", "2025-11-01", "2026-05-15", 90_000, 88_000, "done"),
        ("零售市场试点", "customers_new_12m", "2025-09-01", "2026-01-31", 150_000, 70_000, "cancelled"),
        ("合同转让条款补签", "transferable_revenue", "2026-02-01", None, 60_000, 21_000, "running"),
        ("CRM移动端", "crm_active_users", "2026-03-01", None, 140_000, 46_000, "running"),
    ),
    improvements=(
        ("2023-04-12", "survey", "delivery", "2023-08-30", "csat_by_topic"),
        ("2023-08-02", "complaint", "service", "2023-11-10", "sla_attainment"),
        ("2023-12-01", "suggestion", "product", "2024-04-18", "csat_by_topic"),
        ("2024-03-11", "complaint", "delivery", "2024-06-28", "complaints_per_100_orders"),
        ("2024-06-20", "survey", "service", "2024-10-09", "csat_top2"),
        ("2024-10-15", "market", "product", "2025-02-20", "lead_conversion"),
        ("2025-01-08", "complaint", "service", "2025-04-30", "sla_attainment"),
        ("2025-04-02", "suggestion", "product", "2025-09-12", "csat_by_topic"),
        ("2025-06-30", "survey", "delivery", "2025-11-28", "csat_by_topic"),
        ("2025-09-16", "complaint", "service", "2026-01-20", "sla_attainment"),
        ("2025-11-25", "survey", "service", "2026-03-27", "csat_top2"),
        ("2026-01-19", "suggestion", "product", "2026-06-12", "csat_by_topic"),
        ("2026-03-09", "complaint", "delivery", None, "complaints_per_100_orders"),
        ("2026-05-21", "market", "price", None, "win_rate"),
    ),
    ratings={
        "strategy_guidance": 3.9, "strategy_feedback": 3.4, "competition_response": 3.5, "competition_advantage": 3.3,
        "operations_guidance": 3.7, "operations_feedback": 3.6, "culture_shaping": 3.2, "culture_heritage": 3.0,
        "sustainability_assurance": 3.4, "sustainability_promotion": 3.1, "team_culture": 3.6,
        "brand_reputation": 3.7, "technical_capability": 4.1, "innovation_capability": 3.3,
        "government_relations": 4.3, "risk_awareness": 3.0,
    },
    rating_notes=("访谈与制度文件", "抽查合同与工单", "近一年会议纪要", "客户现场走访"),
    claims=(
        ("近12个月订单量", "orders_12m", 0.0),
        ("近12个月净收入", "revenue_net_12m", 0.0),
        ("客户总体满意度", "csat_top2", 0.15),
        ("净推荐值", "nps", 1.5),
        ("按时解决率", "sla_attainment", 0.0),
        ("有效合同年金额", "contracts_live_annual_value", 0.2),
    ),
    systems=(
        ("示例CRM政企版", "2021-11-01", 22, 98_000, "客户;商机;合同;工单;渠道;报表",
         "客户;商机;合同;工单;渠道;移动端;报表", "客户;商机;合同;工单"),
    ),
)  # fmt: skip


def complete(streams: Streams, world: World, desks: Desks) -> None:
    """Add the remaining entities and columns to a world whose records stand."""
    world |= with_helpers({"contract_values": _contract_values(streams("contract_values"), world["contracts"])})
    plant_seats(streams("seats"), world, OFFICE)
    _end_agreements(world)
    add(streams, world, desks, OFFICE, _losses(world))
    _customer_columns(streams("customer columns"), world)
    _order_columns(streams("order columns"), world)
    _service_columns(streams("service columns"), world)
    _marketing_columns(streams("marketing columns"), world)
    add_claims(world, OFFICE, _truths(world))


def _contract_values(rng: Rng, contracts: pd.DataFrame) -> pd.DataFrame:
    """The signed value from the start, and changes while the contract runs: each year of three, or half-way."""
    clean = contracts[contracts["_planted"].isna()].reset_index(drop=True)
    n = len(clean)
    start = clean["starts_on"].to_numpy()
    stop = np.minimum(clean["terminated_on"].fillna(clean["ends_on"]).to_numpy(), end_of_day(AS_OF))
    share = rng.normal(1 - s.SERVICE_COST, 0.03, n)
    parts = [frame(contract_id=clean["contract_id"], effective_on=start, factor=1.0, value=clean["annual_value"])]
    factor = np.ones(n)
    midway = rng.random_sample(n) < CHANGED_MIDWAY
    for year, days in ((0, 182), (1, 365), (2, 730)):
        on = add_days(start, days)
        changes = where(clean["years"] == 3, year > 0, midway & (year == 0)) & (on < stop)
        factor = where(changes, factor * np.maximum(1 + rng.normal(CHANGE_MEAN, CHANGE_SD, n), 0.5), factor)
        value = (clean["annual_value"] * factor).round(-4).astype("int64")
        parts.append(frame(contract_id=clean["contract_id"], effective_on=on, factor=factor, value=value)[changes])
    values = pd.concat(parts).rename_axis("of").reset_index()
    values["annual_cost"] = (values["value"] * (1 - share[values["of"]])).round(-4).astype("int64")
    values["filed_on"] = np.maximum(clean["filed_on"].to_numpy()[values["of"]], values["effective_on"].to_numpy())
    values["filed_on"] = where(values["factor"] == 1.0, clean["filed_on"].to_numpy()[values["of"]], values["filed_on"])
    values = values.rename(columns={"value": "annual_value"}).sort_values(["effective_on", "contract_id"])
    return values.reset_index(drop=True)


def _end_agreements(world: World) -> None:
    """An agreement that still brings orders was prolonged: it has no end, but for one case."""
    partners, orders = world["partners"], world["orders"]
    newest = partners["partner_id"].map(orders.groupby("partner_id")["ordered_at"].max())
    after = partners.index[newest > partners["ends_on"] + pd.Timedelta(days=90)]
    partners.loc[after[1:], "ends_on"] = NAT
    partners.loc[after[:1], "_planted"] = "orders_after_end"


def _losses(world: World) -> pd.DataFrame:
    """Customers whose last maintenance contract ran out; an order two months later or more brings them back."""
    contracts, orders = world["contracts"], world["orders"]
    clean = contracts[contracts["_planted"].isna()]
    gone = clean["terminated_on"].fillna(clean["ends_on"]).groupby(clean["customer_id"]).max()
    gone = gone[gone < end_of_day(AS_OF) - np.timedelta64(30, "D")]
    lost_at = pd.Series(add_days(gone.to_numpy(), 15), index=gone.index)
    bought = orders[orders["_planted"].isna() & orders["cancelled_at"].isna()].sort_values("ordered_at")
    later = bought[bought["ordered_at"] > bought["customer_id"].map(lost_at) + pd.Timedelta(days=60)]
    back = later.groupby("customer_id")["ordered_at"].first().reindex(gone.index)
    return frame(customer_id=gone.index, lost_at=lost_at.to_numpy(), back_at=back.to_numpy())


def contract_status(contracts: pd.DataFrame, on: np.datetime64) -> pd.DataFrame:
    return contracts.assign(
        status=np.select(
            [contracts["terminated_on"].notna(), contracts["ends_on"] < on, contracts["starts_on"] > on],
            ["terminated", "ended", "signed"],
            "live",
        )
    )


def lead_probability(leads: pd.DataFrame, on: np.datetime64) -> pd.DataFrame:
    """By the stage the delivery shows."""
    stages = [leads[c].notna() for c in ("converted_at", "lost_at", "quoted_at", "qualified_at")]
    return leads.assign(probability=np.select(stages, [1.0, 0.0, 0.5, 0.3], 0.1))


def _customer_columns(rng: Rng, world: World) -> None:
    customers = world["customers"]
    who, of = np.unique(customers["true_customer_id"].to_numpy(), return_inverse=True)
    house = rng.randint(1, 300, len(who))
    customers["address"] = customers["city"] + np.array([f"示例大道{h}号" for h in house], dtype=object)[of]
    referrer = world["referrals"].set_index("referred_customer_id")["referrer_customer_id"]
    customers["referrer_customer_id"] = customers["customer_id"].map(referrer)
    # The fair of the half-year, for those who came by one since the records begin.
    starts = world["campaigns"].sort_values("started_on")
    at = np.searchsorted(starts["started_on"].to_numpy(), customers["created_at"].to_numpy(), side="right") - 1
    met = customers["acquisition_channel"].eq("展会") & (customers["created_at"] >= FIRST_DAY) & (at >= 0)
    customers["acquisition_campaign_id"] = where(met, starts["campaign_id"].to_numpy()[np.maximum(at, 0)], None)


def _order_columns(rng: Rng, world: World) -> None:
    orders, lines, products = world["orders"], world["order_lines"], world["products"]
    orders["currency"] = "CNY"
    n = len(orders)
    # Booked within five days, and before the quarter of the first delivery is closed.
    booked = add_days(orders["ordered_at"].to_numpy(), where(rng.random_sample(n) < 0.7, 0, rng.randint(1, 6, n)))
    close = where(orders["ordered_at"] <= end_of_day(DELIVERIES[0]), end_of_day(DELIVERIES[0]), end_of_day(AS_OF))
    orders["booked_at"] = np.minimum(booked, close)
    typed = orders["_planted"] == "future_date"
    orders.loc[typed, "booked_at"] = orders.loc[typed, "ordered_at"] - np.timedelta64(365, "D")
    lines["product_name"] = lines["product_id"].map(products.set_index("product_id")["name"])
    cost = where(products["category"] == "服务", s.SERVICE_COST, s.EQUIPMENT_COST)
    products["unit_cost"] = (products["list_price"] * cost).round(-2).astype("Int64")


def _service_columns(rng: Rng, world: World) -> None:
    tickets, surveys = world["tickets"], world["survey_responses"]
    n = len(tickets)
    kinds = tickets["kind"].to_numpy()
    tickets["category"] = tickets["reason"].map(CATEGORIES).fillna("服务")
    tickets["reopened_count"] = pd.Series(where(rng.random_sample(n) < REOPENED, 1, 0)).astype("Int64")
    scores = where(rng.random_sample(n) < RATED, rng.randint(2, 6, n), -1)
    tickets["satisfaction_score"] = pd.Series(scores).where(scores > 0).astype("Int64")
    texts = {kind: np.array(words, dtype=object)[rng.randint(0, len(words), n)] for kind, words in RESOLUTIONS.items()}
    tickets["resolution"] = np.select([kinds == kind for kind in texts], list(texts.values()), None)
    tickets["improvement_id"] = answered_by(tickets, world["improvements"])
    for column in ("reopened_count", "satisfaction_score", "resolution", "improvement_id"):
        tickets[column] = tickets[column].where(tickets["resolved_at"].notna(), None)
    m = len(surveys)
    says = surveys["topic"].eq("overall") & surveys["instrument"].eq("csat") & surveys["score"].notna()
    says &= rng.random_sample(m) < COMMENTED
    words = {mood: np.array(text, dtype=object)[rng.randint(0, len(text), m)] for mood, text in COMMENTS.items()}
    surveys["comment"] = where(says, where(surveys["score"].fillna(0) >= 4, words[True], words[False]), None)


def _marketing_columns(rng: Rng, world: World) -> None:
    """The website's spend is counted in clicks, a fair's is not; the product an opportunity is about."""
    spend, leads = world["campaign_spend"], world["leads"]
    web = spend["channel"].eq("官网").to_numpy()
    clicks = (spend["spend"].to_numpy() / 100 / rng.uniform(5, 9, len(spend))).astype("int64")
    seen = (clicks * rng.uniform(15, 30, len(spend))).astype("int64")
    spend["clicks"], spend["impressions"] = (pd.Series(v).where(web).astype("Int64") for v in (clicks, seen))
    wanted = pick(rng, s.EQUIPMENT_MIX, len(leads))
    leads["product_id"] = where(leads["qualified_at"].notna(), wanted, None)


def _truths(world: World) -> dict[str, float]:
    """What the seller's claims are held against, from the whole records."""
    orders = resolved_orders(world)
    surveys, tickets, contracts = world["survey_responses"], world["tickets"], world["contracts"]
    recent = surveys[(surveys["responded_at"] >= WINDOW_START) & surveys["score"].notna()]
    overall = recent[(recent["instrument"] == "csat") & (recent["topic"] == "overall")]["score"]
    nps = recent[recent["instrument"] == "nps"]["score"]
    due = tickets[(tickets["due_at"] >= WINDOW_START) & (tickets["due_at"] <= end_of_day(AS_OF))]
    live = contracts[contract_status(contracts, AS_OF)["status"] == "live"]
    return {
        "orders_12m": float((orders["counts"] & (orders["ordered_at"] >= WINDOW_START)).sum()),
        "revenue_net_12m": revenue(orders, WINDOW_START, AS_OF + 1),
        "csat_top2": float((overall >= 4).mean()),
        "nps": float((nps >= 9).mean() - (nps <= 6).mean()),
        "sla_attainment": float((due["resolved_at"] <= due["due_at"]).mean()),
        "contracts_live_annual_value": float(live["annual_value"].sum() / 100),
    }
