"""What the records of the wedding photographer are drawn from; truth.json repeats it."""

from __future__ import annotations

import numpy as np

COMPANY = "jinse_bridal"
LEADS = 9_600

# Everything below is drawn from these, and truth.json repeats them.
LEAD_MONTHS = (0.85, 0.55, 1.35, 1.2, 1.1, 1.15, 1.05, 1.1, 0.95, 0.9, 0.95, 0.85)
WEDDING_MONTHS = (0.8, 0.5, 0.8, 0.95, 1.8, 0.8, 0.4, 0.6, 1.5, 2.0, 1.0, 0.85)
LEAD_GROWTH = 0.06
CHANNEL_MIX = {
    "小红书": 0.22,
    "抖音": 0.18,
    "大众点评": 0.14,
    "微信公众号": 0.08,
    "婚博会": 0.10,
    "自然到店": 0.11,
    "婚庆合作": 0.04,
    "老客转介绍": 0.13,
}
CONVERSION = {
    "小红书": 0.36,
    "抖音": 0.28,
    "大众点评": 0.40,
    "微信公众号": 0.38,
    "婚博会": 0.46,
    "自然到店": 0.52,
    "婚庆合作": 0.50,
    "老客转介绍": 0.62,
}
ONLINE = ("小红书", "抖音", "大众点评", "微信公众号")
CITY_MIX = {
    "330100": 0.46,
    "330200": 0.14,
    "330600": 0.10,
    "330400": 0.08,
    "330500": 0.06,
    "320500": 0.09,
    "310100": 0.07,
}
TIER_PRICE = {1: 1.25, 2: 1.0, 3: 0.88}
# package -> share, median price in yuan
PACKAGES = {
    "P01": ("简爱", 0.24, 3_900),
    "P02": ("经典", 0.40, 6_200),
    "P03": ("高定", 0.24, 9_800),
    "P04": ("旅拍", 0.12, 14_500),
}
ADD_ONS = {"A01": ("加印相册", 680), "A02": ("精修底片", 480), "A03": ("礼服升级", 1_280), "A04": ("婚礼微电影", 1_980)}
ADD_ON_ATTACH = 0.42
DISCOUNTED = 0.55
CANCEL_RATE = 0.04
PARTIAL_REFUND_RATE = 0.03
FULL_REFUND_RATE = 0.005
COST_SHARE = 0.41
# kind -> product, median price, monthly hazard while in [from, to) months since the wedding, at most once, or each year
FOLLOW_ONS = {
    "孕妇照": ("F01", 1_580, 0.0085, 5, 20),
    "宝宝照": ("F02", 2_180, 0.0090, 14, 38),
    "周年照": ("F03", 1_780, 0.0350, 12, 49),  # in ANNIVERSARY_MONTHS only
}
YEARLY = "周年照"
ANNIVERSARY_MONTHS = (12, 24, 36, 48)
MONTH_DAYS = 30.4375
REWARD_YUAN = 300
HANDED_OVER = 0.7  # customers of leavers who were given a new consultant
COST_PER_LEAD = {"小红书": 260, "抖音": 210, "大众点评": 340, "微信公众号": 180, "婚博会": 520}
LOST_REASONS = {"价格": 0.33, "选择竞品": 0.28, "联系不上": 0.19, "档期不合": 0.12, "婚期取消": 0.08}
COMPETITORS = {"竞品甲影楼": 0.42, "竞品乙工作室": 0.31, "竞品丙旅拍": 0.27}
SURVEY_START = np.datetime64("2023-01-01")
SURVEY_INVITED = 0.5
SURVEY_METHODS = {"questionnaire": 0.45, "phone": 0.25, "online": 0.25, "visit": 0.05}
SURVEY_ANSWERED = {"questionnaire": 0.48, "phone": 0.66, "online": 0.40, "visit": 0.90}
CSAT_TOP2 = {"overall": 0.80, "product": 0.85, "service": 0.78, "environment": 0.70}
CSAT_LOADING = {"overall": 0.85, "product": 0.60, "service": 0.80, "environment": 0.35}
NPS_MIX = {"promoter": 0.53, "passive": 0.30, "detractor": 0.17}
TICKET_START = np.datetime64("2022-01-01")
# kind -> tickets per order, hours allowed, share resolved in time
TICKETS = {
    "complaint": (0.055, 48, 0.82),
    "suggestion": (0.030, 120, 0.90),
    "inquiry": (0.110, 24, 0.93),
    "service": (0.120, 72, 0.88),
}
TICKET_REASONS = {
    "complaint": {"出片延迟": 0.38, "修图质量": 0.27, "隐形消费": 0.16, "服务态度": 0.12, "礼服问题": 0.07},
    "suggestion": {"增加样式": 0.5, "预约流程": 0.3, "门店环境": 0.2},
    "inquiry": {"取件进度": 0.6, "档期改期": 0.25, "加购咨询": 0.15},
    "service": {"重修": 0.45, "改期": 0.35, "补寄": 0.20},
}
TICKET_NEVER_RESOLVED = 0.015
SUGGESTION_ADOPTED = 0.34
NULL_GENDER = 0.03
NULL_BIRTH = 0.06
POINTS_START = np.datetime64("2023-01-01")
POINTS_REDEEMED = 0.28
