"""Tables of what the score leads to: findings, the plan, claims, conventions, the risk of the assessment."""

from __future__ import annotations

from dagster_project.report.marts.mart import Mart

MARTS = (
    Mart(
        "score.fct_findings",
        None,
        "place",
        "finding:bilingual/title_en,title_zh exposure:money! money_low:money! money_base:money! money_high:money!"
        " remedy:label remedy_text:bilingual/remedy_en,remedy_zh evidence_rows:count! evidence_table:code",
    ),
    Mart(
        "score.fct_improvement_plan",
        None,
        "place",
        "what:bilingual kind:label/plan_kind who:bilingual indicators:count! width_before:score! width_after:score!"
        " points_narrower:score!",
    ),
    Mart(
        "score.fct_assessment_risk",
        None,
        "source",
        "source:label/risk_source risk:label/risk_kind points:score! variance_share:share! variance_share_error:share!"
        " reading:bilingual",
    ),
    Mart(
        "score.fct_seller_claims",
        None,
        "claim_id",
        "name:bilingual indicator_code:code unit:label claimed_value:figure! measured_value:figure!"
        " interval:pair/figure,ci_low,ci_high! n:count! status:label overstated_share:share!"
        " reason:bilingual/reason,reason_zh",
        repeats="measured_value ci_low ci_high n overstated_share",
        extra="claim_id",
    ),
    Mart(
        "score.fct_definition_spread",
        None,
        "metric convention",
        "metric:label/indicator_code definition:bilingual unit:label value:figure<n n:people is_used:flag"
        " is_flattering:flag spread_share:share<n",
        is_alone=True,
    ),
    Mart(
        "score.fct_strategy_links",
        "strategy",
        "dimension indicator_code area",
        "indicator_code:label finding:label/link_finding area:label/link_area action:bilingual"
        " baseline_score:score! target_value:figure! result:label/link_result",
        repeats="baseline_score",
        extra="unit",
    ),
    Mart(
        "score.fct_score_history",
        None,
        "generation",
        "level:label/history_level generation:count! as_of_date:date score:score!"
        " interval:pair/score,score_ci_low,score_ci_high! change:score!",
        select="select * from score.fct_score_history where level = 'total'",
        is_alone=True,
    ),
)
