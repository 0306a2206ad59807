with

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

states as (
    select * from {{ ref('int_customer_states_classified') }}
    where run = 'current'
),

segments as (
    select * from {{ ref('int_customer_segments_keyed') }}
    where run = 'current'
),

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

aged as (
    select
        customers.*,
        -- Ages are banded here: a date of birth is nearly a name.
        floor({{ days_between('customers.birth_date', 'current_run.as_of_on') }} / 365.2425) as age_years
    from customers
    cross join current_run
)

select
    aged.customer_id,
    aged.group_customer_id,
    aged.customer_type,
    aged.gender,
    case
        when aged.age_years < 18 or aged.age_years > 100 then 'implausible'
        when aged.age_years < 25 then '18-24'
        when aged.age_years < 30 then '25-29'
        when aged.age_years < 35 then '30-34'
        when aged.age_years < 45 then '35-44'
        when aged.age_years >= 45 then '45+'
    end as age_band,
    aged.region_code,
    aged.region,
    aged.city,
    aged.industry,
    aged.acquisition_channel,
    aged.acquisition_campaign_id,
    coalesce(aged.acquired_on, states.first_order_on) as acquired_on,
    aged.referrer_customer_id,
    aged.partner_id,
    aged.owner_staff_id,
    states.lifecycle_stage,
    states.is_customer,
    states.is_active,
    states.first_order_on,
    states.last_order_on,
    states.order_count,
    states.order_count_12m,
    states.revenue_net,
    states.revenue_net_12m,
    states.margin_net,
    states.margin_net_12m,
    segments.recency_score,
    segments.frequency_score,
    segments.monetary_score,
    segments.rfm_segment,
    segments.value_tier,
    aged.is_deleted,
    aged.record_source
from aged
inner join states on aged.customer_key = states.customer_key
left join segments on aged.customer_key = segments.customer_key
