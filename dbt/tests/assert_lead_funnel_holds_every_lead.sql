{{ config(meta={'dagster': {'ref': {'name': 'fct_lead_funnel'}}}) }}
-- Every lead is created in one month, and every breakdown of a period cuts the same leads. A returned row is a
-- breakdown that loses or doubles some, or leads that are neither won, lost nor open.
with

funnel as (
    select
        period_type,
        breakdown,
        sum(leads) as leads,
        sum(converted + lost + open) as settled
    from {{ ref('fct_lead_funnel') }}
    group by
        period_type,
        breakdown
),

leads as (
    select count(*) as leads
    from {{ ref('int_leads_prepared') }}
)

select
    funnel.period_type,
    funnel.breakdown,
    funnel.leads,
    funnel.settled,
    coalesce(totals.leads, leads.leads) as expected
from funnel
cross join leads
left join funnel as totals
    on
        funnel.period_type = totals.period_type
        and totals.breakdown = ''
        and funnel.breakdown != ''
where
    funnel.settled != funnel.leads
    or (funnel.breakdown != '' and funnel.leads != totals.leads)
    or (funnel.breakdown = '' and funnel.period_type = 'month' and funnel.leads != leads.leads)
