{{ config(meta={'dagster': {'ref': {'name': 'fct_lifecycle_transitions'}}}) }}
-- Where a year closes, the next one opens, stage by stage, and the last close is the book of today. A returned row is a
-- stage that gains or loses customers in between.
with

transitions as (
    select * from {{ ref('fct_lifecycle_transitions') }}
),

closed as (
    select
        period_type,
        months_back,
        to_stage as stage,
        sum(customers) as customers
    from transitions
    group by
        period_type,
        months_back,
        to_stage
),

opened as (
    select
        period_type,
        months_back + case period_type when 'year' then 12 else 1 end as months_back,
        from_stage as stage,
        sum(customers) as customers
    from transitions
    where from_stage != 'unknown'
    group by
        period_type,
        months_back + case period_type when 'year' then 12 else 1 end,
        from_stage
),

today as (
    select
        lifecycle_stage as stage,
        count(*) as customers
    from {{ ref('dim_customers') }}
    where is_customer
    group by lifecycle_stage
)

select
    closed.period_type,
    closed.months_back,
    closed.stage,
    closed.customers,
    opened.customers as customers_opening
from closed
inner join opened
    on
        closed.period_type = opened.period_type
        and closed.months_back = opened.months_back
        and closed.stage = opened.stage
where closed.customers != opened.customers

union all

select
    'today' as period_type,
    0 as months_back,
    today.stage,
    today.customers,
    closed.customers as customers_opening
from today
left join closed
    on
        today.stage = closed.stage
        and closed.period_type = 'year'
        and closed.months_back = 0
where closed.customers is null or today.customers != closed.customers
