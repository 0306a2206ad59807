-- Channels and marketing.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

leads as (
    select * from {{ ref('int_leads_prepared') }}
),

newcomers as (
    select count(*) as customers
    from {{ ref('dim_customers') }} as customers
    cross join current_run
    where customers.is_customer and customers.first_order_on >= current_run.window_start_on
),

spend as (
    select sum(spend.spend) as spend
    from {{ ref('stg_crm__campaign_spend') }} as spend
    cross join current_run
    where
        spend.removed_on is null
        and spend.period_start >= current_run.window_start_on
        and spend.period_start < current_run.cut_on
),

-- Leads of the twelve months that ended half a year ago, so that each had 180 days to convert.
ripe as (
    select
        leads.source_channel,
        count(*) as leads,
        sum(
            case
                when {{ days_between('leads.created_on', 'leads.converted_on') }} <= 180 then 1
                else 0
            end
        ) as converted
    from leads
    cross join current_run
    where
        leads.created_on >= {{ add_months('current_run.cut_on', -18) }}
        and {{ days_between('leads.created_on', 'current_run.as_of_on') }} >= 180
    group by leads.source_channel
)

select
    'cac' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    spend.spend / cast(nullif(newcomers.customers, 0) as double) as value,
    cast(spend.spend as double) as numerator,
    cast(newcomers.customers as double) as denominator,
    cast(newcomers.customers as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from spend
cross join newcomers

union all

select
    'lead_conversion',
    '',
    '',
    null,
    sum(converted),
    sum(leads),
    sum(leads),
    null,
    null
from ripe

union all

select
    'lead_conversion',
    'channel',
    coalesce(source_channel, 'unknown'),
    null,
    converted,
    leads,
    leads,
    null,
    null
from ripe
