-- The warning is raised at 50 points: one sure sign, or two to three lesser ones together.
{% set at_risk_points = 50 %}
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'backtest')
),

states as (
    select * from {{ ref('int_customer_states_classified') }}
),

fired as (
    select
        run,
        customer_id,
        least(sum(points), 100) as score,
        count(*) as rules_fired,
        {{ dbt.listagg('rule', "', '", 'order by points desc, position') }} as reasons
    from {{ ref('int_churn_rules_fired') }}
    group by
        run,
        customer_id
),

main_reasons as (
    select
        run,
        customer_id,
        rule,
        row_number() over (
            partition by run, customer_id
            order by points desc, position asc
        ) as place
    from {{ ref('int_churn_rules_fired') }}
),

losses as (
    select * from {{ ref('int_losses_prepared') }}
),

recorded as (
    select distinct losses.customer_id
    from losses
    inner join runs on runs.run = 'backtest' and losses.lost_on >= runs.cut_on
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

touches as (
    select
        runs.run,
        coalesce(resolved_customers.resolved_customer_id, activities.customer_id) as customer_id,
        max(activities.occurred_on) as last_touched_on
    from {{ ref('stg_crm__activities') }} as activities
    inner join runs on activities.occurred_on < runs.cut_on
    left join resolved_customers on activities.customer_id = resolved_customers.customer_id
    where activities.removed_on is null and not coalesce(activities.is_automated, false)
    group by
        runs.run,
        coalesce(resolved_customers.resolved_customer_id, activities.customer_id)
)

select
    states.run,
    runs.as_of_on,
    states.customer_id,
    states.lifecycle_stage,
    cast(coalesce(fired.score, 0) as integer) as score,
    coalesce(fired.score, 0) >= {{ at_risk_points }} as is_at_risk,
    main_reasons.rule as main_reason,
    fired.reasons,
    cast(coalesce(fired.rules_fired, 0) as integer) as rules_fired,
    states.last_order_on,
    states.revenue_net_12m,
    states.margin_net_12m,
    touches.last_touched_on,
    coalesce({{ days_between('touches.last_touched_on', 'runs.cut_on') }} <= 60, false) as is_touched_60d,
    -- Who leaves the active book of a one-purchase trade has completed, and was silent before by definition: there, who
    -- was put on record as lost is lost.
    case
        when states.run != 'backtest' then null
        when not runs.is_one_purchase then not later.is_active
        when (select count(*) from losses) > 0 then recorded.customer_id is not null
    end as was_lost
from states
inner join runs on states.run = runs.run
left join fired on states.run = fired.run and states.customer_id = fired.customer_id
left join main_reasons
    on
        states.run = main_reasons.run
        and states.customer_id = main_reasons.customer_id
        and main_reasons.place = 1
left join touches on states.run = touches.run and states.customer_id = touches.customer_id
left join states as later on states.customer_id = later.customer_id and later.run = 'current'
left join recorded on states.customer_id = recorded.customer_id
where states.is_active
