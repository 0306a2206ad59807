"""What the records of the safety company are drawn from; truth.json repeats it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

COMPANY = "anlan_safety"
CUSTOMERS = 450
FIRST_CONTACT = np.datetime64("2016-01-01")

# Budgets are spent in the fourth quarter; little happens around the Chinese New Year.
DECISION_MONTHS = (0.7, 0.35, 0.8, 0.9, 1.0, 1.1, 0.85, 0.85, 1.1, 1.2, 1.6, 2.0)

TYPE_MIX = {"government": 0.30, "enterprise": 0.38, "institution": 0.20, "individual": 0.12}


class Kind(NamedTuple):
    """How customers of one type behave."""

    yearly_value: int  # yuan, median of a maintenance contract
    spread: float  # sigma of the log
    contract_share: float  # have a maintenance contract
    projects_a_year: float  # decided opportunities a year, before seasonality
    project_value: int  # yuan, median
    tender_share: float
    payment_terms: int  # days
    paid_on_time: float
    late_days: int  # median of those paid late
    credit_limit: int


KINDS = {
    "government": Kind(118_000, 0.9, 0.75, 1.9, 92_000, 0.70, 60, 0.30, 70, 3_000_000),
    "enterprise": Kind(52_000, 0.8, 0.60, 1.7, 46_000, 0.25, 30, 0.62, 25, 600_000),
    "institution": Kind(41_000, 0.6, 0.65, 1.4, 38_000, 0.50, 45, 0.45, 40, 800_000),
    "individual": Kind(6_000, 0.4, 0.0, 1.3, 5_200, 0.0, 7, 0.90, 10, 0),
}
LARGEST = 5  # the oldest government customers, whose orders are this much larger
LARGEST_FACTOR = 11.0
INDUSTRIES = {
    "government": {"公安": 0.4, "应急管理": 0.3, "交通管理": 0.2, "城市管理": 0.1},
    "enterprise": {"轨道交通": 0.16, "化工": 0.20, "制造": 0.30, "物业": 0.20, "零售": 0.14},
    "institution": {"教育": 0.5, "医疗": 0.4, "文博": 0.1},
    "individual": {"零售": 0.6, "住户": 0.4},
}
NULL_INDUSTRY = 0.05
CHANNEL_MIX = {"招投标": 0.30, "直销拜访": 0.24, "经销商": 0.20, "展会": 0.12, "官网": 0.08, "老客户介绍": 0.06}
CITY_MIX = {
    "330100": 0.26,
    "330200": 0.14,
    "330300": 0.09,
    "330400": 0.06,
    "330600": 0.07,
    "330700": 0.07,
    "331000": 0.06,
    "330800": 0.03,
    "331100": 0.02,
    "310100": 0.08,
    "320500": 0.05,
    "320100": 0.04,
    "340100": 0.03,
}
GROUP_MEMBER_SHARE = 0.18
GROUPS = 18

# Shifted beta-geometric: each customer has its own chance of not renewing, drawn once.
CHURN_ALPHA, CHURN_BETA = 1.0, 6.5
PRICE_RISE_MEAN, PRICE_RISE_SD = 0.03, 0.08
TERMINATED_EARLY = 0.02
THREE_YEAR_SHARE = {"government": 0.20, "enterprise": 0.08, "institution": 0.08, "individual": 0.0}
RENEWAL_MIX = {"auto": 0.35, "manual": 0.50, "none": 0.15}
ASSIGNMENT_MIX = {"free": 0.15, "consent": 0.45, "prohibited": 0.15, "silent": 0.25}
CONTROL_MIX = {"none": 0.55, "notice": 0.25, "consent": 0.15, "termination": 0.05}
TERMINATION_REASONS = {"预算取消": 0.4, "转向竞品": 0.35, "服务不满": 0.25}

WIN_RATE = {True: 0.36, False: 0.52}  # by is_tender
LOST_REASONS = {"价格": 0.40, "技术参数": 0.24, "交货期": 0.14, "项目取消": 0.22}
COMPETITORS = {"竞品甲安防": 0.44, "竞品乙科技": 0.33, "竞品丙设备": 0.23}
UNQUALIFIED_LEADS = 420
UNQUALIFIED_REASONS = {"无预算": 0.6, "需求不符": 0.4}

# product -> name, category, list price in yuan
PRODUCTS = {
    "E01": ("视频监控终端", "视频监控", 1_280),
    "E02": ("智能门禁", "出入口控制", 3_600),
    "E03": ("安检机", "安检", 42_000),
    "E04": ("应急指挥平台", "应急指挥", 160_000),
    "E05": ("火灾报警主机", "消防", 12_500),
    "E06": ("执法记录仪", "执法装备", 1_980),
    "E07": ("防爆器材", "执法装备", 5_400),
    "S01": ("维保服务", "服务", 0),
    "S02": ("培训服务", "服务", 6_000),
}
EQUIPMENT_MIX = {"E01": 0.28, "E02": 0.22, "E03": 0.10, "E04": 0.06, "E05": 0.14, "E06": 0.12, "E07": 0.08}
SERVICE_ATTACH = 0.35  # equipment orders with training
EQUIPMENT_COST, SERVICE_COST = 0.62, 0.45
CANCEL_RATE = 0.02
REFUND_RATE = 0.012

DISPUTED = 0.025
WRITTEN_OFF = 0.008
PAID_IN_TWO = 0.15

# priority -> share, hours allowed, share resolved in time
PRIORITIES = {"高": (0.18, 8, 0.86), "中": (0.52, 24, 0.90), "低": (0.30, 72, 0.94)}
TICKETS_PER_CONTRACT_YEAR = {"service": 1.15, "inquiry": 0.24, "complaint": 0.13, "suggestion": 0.08}
TICKET_REASONS = {
    "service": {"设备故障": 0.55, "固件升级": 0.25, "例行巡检": 0.20},
    "inquiry": {"操作咨询": 0.7, "报价咨询": 0.3},
    "complaint": {"响应迟缓": 0.40, "备件缺货": 0.30, "设备质量": 0.20, "开票错误": 0.10},
    "suggestion": {"平台功能": 0.6, "培训内容": 0.4},
}
TICKET_NEVER_RESOLVED = 0.01
SUGGESTION_ADOPTED = 0.28

SURVEY_INVITED = 0.30  # of contracts, each May and November
SURVEY_METHODS = {"visit": 0.40, "phone": 0.35, "questionnaire": 0.25}
SURVEY_ANSWERED = {"visit": 0.92, "phone": 0.70, "questionnaire": 0.45}
CSAT_TOP2 = {"overall": 0.76, "product": 0.82, "service": 0.72, "delivery": 0.68}
CSAT_LOADING = {"overall": 0.85, "product": 0.65, "service": 0.80, "delivery": 0.40}
NPS_MIX = {"promoter": 0.42, "passive": 0.36, "detractor": 0.22}
LEGAL_EVENTS = {"dispute": 14, "breach": 7, "litigation": 4, "arbitration": 3}
