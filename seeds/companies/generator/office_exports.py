"""Exports of the office records, the same in both companies, and which of their rows are damaged."""

from __future__ import annotations

from .defects import Damage
from .deliver import Export, Field
from .office import initiative_status

YES_NO = {True: "是", False: "否"}
MINUTES = "%Y-%m-%d %H:%M"
BOOK = "经营管理_{ymd}.xlsx"
TOPICS = {
    "overall": "总体",
    "product": "产品",
    "service": "服务",
    "environment": "环境",
    "price": "价格",
    "delivery": "交付",
}

ACTIVITIES = Export(
    "activities",
    "互动记录_{ymd}.csv.gz",
    ("activity_id",),
    (
        Field("互动编号", "activity_id"),
        Field("客户编号", "customer_id"),
        Field("员工", "staff_id"),
        Field(
            "类型",
            "kind",
            words={
                "call": "电话回访",
                "visit": "拜访",
                "message": "消息",
                "event": "活动",
                "gift": "礼品",
                "anniversary": "纪念日",
                "win_back": "挽回",
                "presales": "售前",
            },
        ),
        Field("渠道", "channel"),
        Field("自动", "is_automated", words=YES_NO),
        Field("时间", "occurred_at", "moment", MINUTES),
        Field("分钟", "minutes", "number"),
        Field("费用", "cost", "money"),
        Field("结果", "outcome"),
    ),
    mode="increment",
    born="occurred_at",
    newline="\n",
)
CONTACTS = Export(
    "contacts",
    "联系人_{ymd}.csv.gz",
    ("contact_id",),
    (
        Field("联系人编号", "contact_id"),
        Field("客户编号", "customer_id"),
        Field("姓名", "full_name"),
        Field("角色", "role"),
        Field("离开日期", "left_on", "moment"),
    ),
    encoding="gb18030",
    born="known_at",
    reveals=(("left_on", ()),),
)
NEEDS = Export(
    "needs",
    "需求记录_{ymd}.csv.gz",
    ("customer_id", "lead_id", "need", "recorded_at"),
    (
        Field("客户编号", "customer_id"),
        Field("线索编号", "lead_id"),
        Field("需求", "need"),
        Field("记录时间", "recorded_at", "moment", MINUTES),
        Field("来源", "source"),
    ),
    mode="increment",
    born="recorded_at",
    newline="\n",
)
LOST = Export(
    "lost_customers",
    "流失登记_{ymd}.csv",
    ("customer_id", "lost_at"),
    (
        Field("客户编号", "customer_id"),
        Field("流失日期", "lost_at", "moment"),
        Field("原因", "reason"),
        Field("去向", "competitor"),
        Field("挽回日期", "won_back_at", "moment"),
    ),
    mode="increment",
    born="lost_at",
    reveals=(("won_back_at", ()),),
)
CONSENTS = Export(
    "consents",
    "授权记录_{ymd}.csv.gz",
    ("customer_id", "purpose", "granted_at", "withdrawn_at"),
    (
        Field("客户编号", "customer_id"),
        Field(
            "用途",
            "purpose",
            words={"contract": "履约", "marketing": "营销", "image_use": "肖像使用", "transfer": "数据转移"},
        ),
        Field("授权日期", "granted_at", "moment"),
        Field("撤回日期", "withdrawn_at", "moment"),
        Field("凭证", "evidence"),
    ),
    encoding="gb18030",
    born="granted_at",
    reveals=(("withdrawn_at", ()),),
)
ACCESS_LOG = Export(
    "access_log",
    "访问日志_{ymd}.csv",
    ("event_id",),
    (
        Field("日志号", "event_id"),
        Field("员工", "staff_id"),
        Field("时间", "occurred_at", "moment", MINUTES),
        Field("动作", "action", words={"view": "查看", "export": "导出", "change": "修改", "delete": "删除"}),
        Field("行数", "rows", "integer"),
        Field("已审批", "is_approved", words=YES_NO),
    ),
    mode="increment",
    born="occurred_at",
    newline="\n",
)
USAGE = Export(
    "crm_usage",
    "CRM使用_{ymd}.csv.gz",
    ("staff_id", "used_on"),
    (
        Field("工号", "staff_id"),
        Field("日期", "used_on", "moment"),
        Field("新建", "records_created", "integer"),
        Field("更新", "records_updated", "integer"),
        Field("登录", "logins", "integer"),
    ),
    mode="increment",
    born="used_on",
    newline="\n",
)

SHEETS = (
    Export(
        "channels",
        BOOK,
        ("channel",),
        (Field("渠道", "channel"), Field("线上", "is_online", words=YES_NO)),
        sheet="渠道",
    ),
    Export(
        "competitors",
        BOOK,
        ("name", "as_of"),
        (
            Field("名称", "name"),
            Field("市场份额", "market_share", "number"),
            Field("定位", "segment"),
            Field("价位", "price_level"),
            Field("调研日期", "as_of", "moment"),
        ),
        sheet="竞争对手",
        born="as_of",
    ),
    Export(
        "training",
        BOOK,
        ("staff_id", "topic", "completed_on"),
        (
            Field("工号", "staff_id"),
            Field("主题", "topic", words={"privacy": "隐私", "crm": "CRM", "service": "服务", "sales": "销售"}),
            Field("完成日期", "completed_on", "moment"),
            Field("学时", "hours", "number"),
        ),
        sheet="培训",
        born="completed_on",
    ),
    Export(
        "security_incidents",
        BOOK,
        ("incident_id",),
        (
            Field("事件编号", "incident_id"),
            Field("发生日期", "occurred_at", "moment"),
            Field("类型", "kind"),
            Field("涉及记录", "records_affected", "integer"),
            Field("结案日期", "closed_at", "moment"),
            Field("责任人", "responsible_staff_id"),
            Field("处理", "sanction"),
        ),
        sheet="安全事件",
        born="occurred_at",
        reveals=(("closed_at", ("sanction",)),),
    ),
    Export(
        "security_controls",
        BOOK,
        ("control",),
        (
            Field("措施", "control"),
            Field("状态", "status", words={"in_place": "已落实", "partial": "部分落实", "absent": "未落实"}),
            Field("复核日期", "reviewed_on", "moment"),
            Field("凭证", "evidence"),
        ),
        sheet="安全措施",
        reveals=(("reviewed_on", ()),),
    ),
    Export(
        "market_reference",
        BOOK,
        ("kind", "industry", "region", "year", "vintage"),
        (
            Field("口径", "kind", words={"own market": "本行业", "customer industry": "客户行业"}),
            Field("行业", "industry"),
            Field("地区", "region"),
            Field("年份", "year", "integer"),
            Field("规模", "market_size", "money"),
            Field("增长率", "growth_rate", "number"),
            Field("来源", "source"),
            Field("发布年份", "vintage", "integer"),
        ),
        sheet="市场数据",
    ),
    Export(
        "kpi_targets",
        BOOK,
        ("indicator_code", "period_start", "period_end"),
        (
            Field("指标", "indicator_code"),
            Field("期初", "period_start", "moment"),
            Field("期末", "period_end", "moment"),
            Field("目标", "target", "number"),
            Field("制定日期", "set_on", "moment"),
        ),
        sheet="指标目标",
        born="set_on",
    ),
    Export(
        "initiatives",
        BOOK,
        ("initiative_id",),
        (
            Field("举措编号", "initiative_id"),
            Field("目标", "objective"),
            Field("负责人", "owner_staff_id"),
            Field("指标", "indicator_code"),
            Field("开始", "started_on", "moment"),
            Field("结束", "ended_on", "moment"),
            Field("预算", "budget", "money"),
            Field("支出", "cost", "money"),
            Field("状态", "status", words={"done": "已完成", "running": "进行中", "cancelled": "已取消"}),
        ),
        sheet="举措",
        born="started_on",
        reveals=(("ended_on", ()),),
        finish=initiative_status,
    ),
    Export(
        "improvements",
        BOOK,
        ("improvement_id",),
        (
            Field("改进编号", "improvement_id"),
            Field("提出日期", "opened_on", "moment"),
            Field(
                "来源",
                "source",
                words={"survey": "问卷", "complaint": "投诉", "suggestion": "建议", "market": "市场"},
            ),
            Field("主题", "topic", words=TOPICS),
            Field("完成日期", "done_on", "moment"),
            Field("指标", "indicator_code"),
        ),
        sheet="改进",
        born="opened_on",
        reveals=(("done_on", ()),),
    ),
    Export(
        "qualitative_ratings",
        BOOK,
        ("rater_id", "indicator_code", "rated_on"),
        (
            Field("评分人", "rater_id"),
            Field("指标", "indicator_code"),
            Field("评分", "score", "number"),
            Field("依据", "evidence"),
            Field("评分日期", "rated_on", "moment"),
        ),
        sheet="定性评分",
        born="rated_on",
    ),
    Export(
        "seller_claims",
        BOOK,
        ("claim_id",),
        (
            Field("陈述编号", "claim_id"),
            Field("陈述", "statement"),
            Field("指标", "indicator_code"),
            Field("数值", "claimed_value", "number"),
            Field("截止日期", "period_end", "moment"),
        ),
        sheet="卖方陈述",
    ),
    Export(
        "crm_systems",
        BOOK,
        ("system",),
        (
            Field("系统", "system"),
            Field("选型日期", "selected_on", "moment"),
            Field("账号数", "seats", "integer"),
            Field("年费", "annual_cost", "money"),
            Field("模块", "modules"),
            Field("所需模块", "modules_needed"),
            Field("在用模块", "modules_used"),
        ),
        sheet="CRM系统",
    ),
)
EXPORTS = (ACTIVITIES, CONTACTS, NEEDS, LOST, CONSENTS, ACCESS_LOG, USAGE, *SHEETS)

DAMAGES = {
    "activities": (
        Damage("impossible_date", 5, "occurred_at", "2026-02-30 10:00"),
        Damage("unmapped_value", 5, "kind", "闲聊"),
        Damage("wrong_type", 3, "minutes", "半天"),
        Damage("exact_duplicate", 12),
    ),
    "contacts": (
        Damage("missing_required", 2, "customer_id"),
        Damage("impossible_date", 1, "left_on", "2026-02-30"),
        Damage("exact_duplicate", 4),
    ),
    "needs": (Damage("missing_required", 2, "need"), Damage("exact_duplicate", 4)),
    "lost_customers": (Damage("impossible_date", 1, "won_back_at", "2026-02-30"), Damage("exact_duplicate", 2)),
    "consents": (
        Damage("unmapped_value", 3, "purpose", "其他用途"),
        Damage("impossible_date", 3, "granted_at", "2026-02-30"),
        Damage("exact_duplicate", 8),
    ),
    "access_log": (
        Damage("wrong_type", 2, "rows", "全部"),
        Damage("unmapped_value", 2, "action", "打印"),
        Damage("exact_duplicate", 5),
    ),
    "crm_usage": (
        Damage("wrong_type", 3, "logins", "多次"),
        Damage("conflicting_key", 2, "records_created", "99"),
        Damage("exact_duplicate", 6),
    ),
    "training": (Damage("unmapped_value", 1, "topic", "团建"), Damage("exact_duplicate", 2)),
    "qualitative_ratings": (Damage("wrong_type", 1, "score", "优"),),
}
