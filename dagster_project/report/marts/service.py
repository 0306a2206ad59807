"""Tables of satisfaction, service, care and the loyalty programme."""

from __future__ import annotations

from dagster_project.report.marts.mart import Mart

MARTS = (
    Mart(
        "service.fct_survey_scores",
        "satisfaction",
        "instrument topic",
        "instrument:label topic:label/topic invited:people response_rate:share<invited_answered answers:people"
        " top2_share:share<answers top2_interval:pair/share,top2_share_ci_low,top2_share_ci_high<answers"
        " score_mean:ratio<answers nps:figure<answers nps_interval:pair/figure,nps_ci_low,nps_ci_high<answers",
        unseen="invited_answered",
        select="""
        select * from service.fct_survey_scores
        where period_type = 'window' and method = 'all'
        """,
    ),
    Mart(
        "service.fct_survey_scores",
        "satisfaction",
        "topic period_start_on",
        "topic:label/topic period_start_on:date answers:people top2_share:share<answers"
        " top2_interval:pair/share,top2_share_ci_low,top2_share_ci_high<answers",
        name="survey_quarters",
        select="""
        select * from service.fct_survey_scores
        where period_type = 'quarter' and method = 'all' and instrument = 'csat' and answers > 0 and not is_partial
        """,
    ),
    Mart(
        "service.fct_survey_drivers",
        "satisfaction",
        "driver_rank",
        "topic:label/topic pairs:people correlation:figure<pairs"
        " correlation_interval:pair/figure,correlation_ci_low,correlation_ci_high<pairs topic_top2:share<pairs"
        " overall_top2:share<pairs gap:share<pairs gap_interval:pair/share,gap_ci_low,gap_ci_high<pairs"
        " is_below_overall:flag",
    ),
    Mart(
        "service.fct_ticket_performance",
        "service",
        "kind priority",
        "kind:label/ticket_kind priority:label/priority opened:people resolved:people backlog:people"
        " first_response_hours_median:score<opened"
        " first_response_interval:pair/score,first_response_hours_ci_low,first_response_hours_ci_high<opened"
        " resolution_hours_median:score<opened"
        " resolution_interval:pair/score,resolution_hours_ci_low,resolution_hours_ci_high<opened"
        " sla_attainment:share<sla_judged satisfaction_mean:ratio<satisfaction_answers",
        unseen="sla_judged satisfaction_answers",
        select="select * from service.fct_ticket_performance where period_type = 'window'",
    ),
    Mart(
        "service.fct_complaint_causes",
        "service",
        "cause_rank",
        "cause:label/cause complaints:people complaint_share:share<complaints cumulative_share:share<complaints"
        " customers:people recurring:people recurrence:share<recurring sla_attainment:share<sla_judged open:people",
        unseen="sla_judged",
        is_ranked=True,
        select="select * from service.fct_complaint_causes where period_type = 'window'",
    ),
    Mart(
        "service.fct_suggestions",
        "service",
        "category",
        "category:label/category received:people adopted:people adoption:share<adopted"
        " adoption_interval:pair/share,adoption_ci_low,adoption_ci_high<adopted done:people"
        " days_to_done_median:score<done",
        select="select * from service.fct_suggestions where period_type = 'window'",
    ),
    Mart(
        "service.fct_care_coverage",
        "relationship",
        "value_tier",
        "value_tier:label/tier customers_active:people touched_180d:people care_coverage:share<touched_180d"
        " care_interval:pair/share,care_coverage_ci_low,care_coverage_ci_high<touched_180d never_touched:people"
        " human_touches_per_customer:ratio<customers_active automated_touches_per_customer:ratio<customers_active"
        " days_since_touch_median:count<touched_180d cost_12m:money<touched_180d",
        like_mix="value_tier value_tier customers_active=customers_active",
    ),
)
