{{ config(meta={'dagster': {'ref': {'name': 'fct_lifecycle_transitions'}}}) }}
-- Two models say where a customer stands: the states of the runs and the stretches the transitions are counted from.
-- A returned row is a customer who ever bought and for whom they differ, today or a year ago.
select
    states.run,
    states.customer_id,
    states.lifecycle_stage,
    stages.lifecycle_stage as stage_of_stretch
from {{ ref('int_customer_states_classified') }} as states
inner join {{ ref('int_runs_prepared') }} as runs on states.run = runs.run
left join {{ ref('int_customer_stages_spelled') }} as stages
    on
        states.customer_id = stages.customer_id
        and stages.starts_period <= -runs.months_shift
        and (stages.ends_period is null or stages.ends_period >= -runs.months_shift)
where
    states.is_customer
    and states.run in ('current', 'prior')
    and (stages.lifecycle_stage is null or states.lifecycle_stage != stages.lifecycle_stage)
