"""Tables of channels, campaigns, leads and partners."""

from __future__ import annotations

from dagster_project.report.marts.mart import Mart

MARTS = (
    Mart(
        "acquisition.fct_channel_performance",
        "channels",
        "basis channel",
        "basis:label channel:label/word is_online:flag customers:people customers_active:people"
        " customers_new_12m:people orders_12m:count<customers_active revenue_net_12m:money<customers_active"
        " revenue_share:share<customers_active margin_net_12m:money<customers_active"
        " margin_rate:share<customers_active spend_12m:money! spend_per_new_customer:money<customers_new_12m",
        within="basis",
        like_mix="acquisition_channel channel customers=customers customers_active=customers_active"
        " customers_new_12m=customers_new_12m",
    ),
    Mart(
        "acquisition.fct_cac_ltv",
        "channels",
        "channel",
        "channel:label/word lag_basis:label lag_months:count! customers_new:people spend:money!"
        " spend_unallocated:money! cac:money<customers_new revenue_net:money<customers_new"
        " margin_net:money<customers_new roas:ratio<customers_new payback_months:count<customers_new",
        like_mix="acquisition_channel channel customers_new=customers_new_12m",
    ),
    Mart(
        "acquisition.fct_campaign_performance",
        "channels",
        "campaign_id",
        "campaign_id:code channel:label/word is_recorded:flag started_on:date is_ended:flag spend:money! leads:people"
        " converted_180d:people conversion_180d:share<converted_180d"
        " conversion_interval:pair/share,conversion_180d_ci_low,conversion_180d_ci_high<converted_180d"
        " customers:people revenue_net:money<customers margin_net:money<customers cost_per_lead:money<leads"
        " cost_per_customer:money<customers roi:ratio<customers",
    ),
    # Rows of employees are left out; leads of the latest year of which every one has had its half year.
    Mart(
        "acquisition.fct_lead_funnel",
        "channels",
        "breakdown breakdown_value",
        "breakdown:label breakdown_value:label/bucket leads:people qualified_180d:people quoted_180d:people"
        " converted_180d:people conversion_180d:share<converted_180d"
        " conversion_interval:pair/share,conversion_180d_ci_low,conversion_180d_ci_high<converted_180d"
        " win_rate:share<lost win_interval:pair/share,win_rate_ci_low,win_rate_ci_high<lost"
        " days_to_decision_median:count<converted_180d",
        within="breakdown",
        unseen="lost",
        select="""
        select * from acquisition.fct_lead_funnel
        where period_type = 'ripe_year' and breakdown in ('', 'source', 'product', 'tender')
        """,
    ),
    Mart(
        "acquisition.fct_partner_performance",
        "channels",
        "kind",
        "kind:label/partner_kind partners:count! partners_active:count! customers:people"
        " customers_repeating:people orders_12m:count<customers revenue_net_12m:money<customers"
        " revenue_net_prior_12m:money<customers margin_net_12m:money<customers csat_answers:people"
        " csat_top2:share<csat_answers",
        select="""
        select
            kind,
            cast(count(*) as integer) as partners,
            cast(count(*) filter (where is_active) as integer) as partners_active,
            cast(sum(customers) as integer) as customers,
            cast(sum(customers_repeating) as integer) as customers_repeating,
            cast(sum(orders_12m) as integer) as orders_12m,
            sum(revenue_net_12m) as revenue_net_12m,
            sum(revenue_net_prior_12m) as revenue_net_prior_12m,
            sum(margin_net_12m) as margin_net_12m,
            cast(sum(csat_answers) as integer) as csat_answers,
            sum(csat_satisfied) / cast(nullif(sum(csat_answers), 0) as double) as csat_top2
        from acquisition.fct_partner_performance
        group by kind
        """,
    ),
)
