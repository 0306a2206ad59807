{{ config(meta={'dagster': {'ref': {'name': 'fct_churn_reasons'}}}) }}
-- The reasons of a period hold each loss of it once, and their shares end at one. A returned row is a period that does
-- not.
with

reasons as (
    select
        period,
        sum(losses) as losses,
        max(cumulative_share) as share
    from {{ ref('fct_churn_reasons') }}
    group by period
),

losses as (
    select
        count(*) as ever,
        count(case when losses.lost_on >= runs.window_start_on then 1 end) as in_window
    from {{ ref('int_losses_prepared') }} as losses
    inner join {{ ref('int_runs_prepared') }} as runs on runs.run = 'current'
)

select
    reasons.period,
    reasons.losses,
    losses.ever
from reasons
cross join losses
where
    reasons.losses != case when reasons.period = 'ever' then losses.ever else losses.in_window end
    or abs(reasons.share - 1) > 1e-9

union all

select
    'none' as period,
    cast(null as bigint) as losses,
    losses.ever
from losses
left join reasons on reasons.period = 'ever'
where losses.ever > 0 and reasons.period is null
