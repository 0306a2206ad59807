{{ config(meta={'dagster': {'ref': {'name': 'fct_churn_warning'}}}) }}
-- Every active customer is judged, now and a year ago, the score is the points of the rules that fired, and nothing of
-- the year-old judgement is younger than it. Who was lost is known of all judged then, but in a one-purchase trade
-- that records no loss, of nobody. A returned row breaks one of them.
with

warnings as (
    select * from {{ ref('fct_churn_warning') }}
),

states as (
    select * from {{ ref('int_customer_states_classified') }}
    where is_active and run in ('current', 'backtest')
),

losses as (
    select count(*) as recorded from {{ ref('int_losses_prepared') }}
),

points as (
    select
        run,
        customer_id,
        sum(points) as points
    from {{ ref('int_churn_rules_fired') }}
    group by
        run,
        customer_id
)

select
    coalesce(warnings.run, states.run) as run,
    coalesce(warnings.customer_id, states.customer_id) as customer_id,
    warnings.score
from warnings
full outer join states on warnings.run = states.run and warnings.customer_id = states.customer_id
left join points on warnings.run = points.run and warnings.customer_id = points.customer_id
left join {{ ref('int_runs_prepared') }} as runs on warnings.run = runs.run
cross join losses
where
    warnings.customer_id is null
    or states.customer_id is null
    or warnings.score != least(coalesce(points.points, 0), 100)
    or warnings.last_order_on > warnings.as_of_on
    or warnings.last_touched_on > warnings.as_of_on
    or (warnings.was_lost is not null) != (
        warnings.run = 'backtest' and (not runs.is_one_purchase or losses.recorded > 0)
    )
