{{ config(meta={'dagster': {'ref': {'name': 'fct_campaign_performance'}}}) }}
-- Leads, spend and customers that name a campaign are under that campaign, recorded or not. A returned row is a
-- sum that differs from what it was built from.
with

campaigns as (
    select
        coalesce(sum(leads), 0) as leads,
        coalesce(sum(spend), 0) as spend,
        coalesce(sum(customers), 0) as customers
    from {{ ref('fct_campaign_performance') }}
),

leads as (
    select count(*) as leads
    from {{ ref('int_leads_prepared') }}
    where campaign_id is not null
),

spend as (
    select coalesce(sum(spend), 0) as spend
    from {{ ref('int_campaign_spend_prepared') }}
    where campaign_id is not null
),

customers as (
    select count(*) as customers
    from {{ ref('int_customer_campaigns_attributed') }} as attributed
    inner join {{ ref('dim_customers') }} as customers on attributed.customer_id = customers.customer_id
    where customers.is_customer
)

select
    campaigns.*,
    leads.leads as all_leads,
    spend.spend as all_spend,
    customers.customers as all_customers
from campaigns
cross join leads
cross join spend
cross join customers
where
    campaigns.leads != leads.leads
    or campaigns.spend != spend.spend
    or campaigns.customers != customers.customers
