{{ config(meta={'dagster': {'ref': {'name': 'fct_cac_ltv'}}}) }}
-- The row of everything holds the spend and new customers of all channels, spend that no channel claims included. A
-- returned row is money or customers that a channel lost, which would flatter the cost of a customer.
with

totals as (
    select
        coalesce(sum(case when channel = 'all' then spend end), 0) as spend,
        coalesce(sum(case when channel != 'all' then spend end), 0) as spend_by_channel,
        coalesce(sum(case when channel = 'all' then customers_new end), 0) as customers_new,
        coalesce(sum(case when channel != 'all' then customers_new end), 0) as customers_new_by_channel,
        min(spend_from_on) as spend_from_on,
        min(spend_before_on) as spend_before_on
    from {{ ref('fct_cac_ltv') }}
),

spend as (
    select coalesce(sum(spend.spend), 0) as spend
    from {{ ref('int_campaign_spend_prepared') }} as spend
    cross join totals
    where spend.period_start_on >= totals.spend_from_on and spend.period_start_on < totals.spend_before_on
),

newcomers as (
    select count(*) as customers_new
    from {{ ref('dim_customers') }} as customers
    inner join {{ ref('int_runs_prepared') }} as runs on runs.run = 'current'
    where customers.is_customer and customers.first_order_on >= runs.window_start_on
)

select
    totals.*,
    spend.spend as expected_spend,
    newcomers.customers_new as expected_customers_new
from totals
cross join spend
cross join newcomers
where
    totals.spend != spend.spend
    or totals.spend_by_channel != spend.spend
    or totals.customers_new != newcomers.customers_new
    or totals.customers_new_by_channel != newcomers.customers_new
