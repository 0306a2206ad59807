-- Value of the book: what each customer or lead adds to the two sides of a quotient of sums.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

states_prior as (
    select * from {{ ref('int_customer_states_classified') }}
    where run = 'prior'
),

whitespace as (
    select
        customer_id,
        case when count(expected_margin) = count(*) then sum(expected_margin) end as expected_margin
    from {{ ref('int_category_whitespace_computed') }}
    group by customer_id
),

-- Leads of the twelve months that ended half a year ago, so that each had 180 days to convert.
ripe as (
    select
        leads.lead_id,
        coalesce(leads.source_channel, 'unknown') as channel,
        records.expected_amount,
        coalesce({{ days_between('leads.created_on', 'leads.converted_on') }} <= 180, false) as is_converted
    from {{ ref('int_leads_prepared') }} as leads
    cross join current_run
    inner join {{ ref('stg_crm__leads') }} as records on leads.lead_id = records.lead_id
    where
        leads.created_on >= {{ add_months('current_run.cut_on', -18) }}
        and {{ days_between('leads.created_on', 'current_run.as_of_on') }} >= 180
        and records.expected_amount > 0
),

-- Like for like: who bought in both years. Who came or went shows in the census and in value_lost_12m.
same_customers as (
    select
        customers.customer_id,
        customers.margin_net_12m,
        states_prior.margin_net_12m as margin_net_prior_12m
    from customers
    inner join states_prior on customers.customer_id = states_prior.customer_id
    where customers.order_count_12m > 0 and states_prior.order_count_12m > 0
),

growth as (
    select
        customers.customer_id,
        industries.growth_rate,
        customers.revenue_net_12m
    from customers
    inner join {{ ref('int_industry_growth_selected') }} as industries on customers.industry = industries.industry
    where customers.revenue_net_12m > 0
)

select
    'value_growth' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    margin_net_12m - margin_net_prior_12m as numerator,
    margin_net_prior_12m as denominator
from same_customers

union all

select
    'growth_potential' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customers.customer_id as unit_id,
    case when whitespace.customer_id is null then 0 else whitespace.expected_margin end as numerator,
    customers.margin_net_12m as denominator
from customers
left join whitespace on customers.customer_id = whitespace.customer_id
where customers.is_active

union all

select
    'growth_potential' as indicator_code,
    'measure' as breakdown,
    'reference_growth' as breakdown_value,
    customer_id as unit_id,
    growth_rate * revenue_net_12m as numerator,
    revenue_net_12m as denominator
from growth

union all

select
    'lead_value_conversion' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    lead_id as unit_id,
    case when is_converted then expected_amount else 0 end as numerator,
    expected_amount as denominator
from ripe

union all

select
    'lead_value_conversion' as indicator_code,
    'channel' as breakdown,
    channel as breakdown_value,
    lead_id as unit_id,
    case when is_converted then expected_amount else 0 end as numerator,
    expected_amount as denominator
from ripe
