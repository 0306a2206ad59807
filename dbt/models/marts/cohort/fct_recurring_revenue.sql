with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

moved as (
    select
        years_back,
        sum(opening) as opening,
        sum(new) as new,
        sum(expansion) as expansion,
        sum(contraction) as contraction,
        sum(churn) as churn,
        sum(closing) as closing,
        sum(case when opening > 0 then 1 else 0 end) as customers_opening,
        sum(case when churn > 0 then 1 else 0 end) as customers_churned,
        sum(case when closing > 0 then 1 else 0 end) as customers_closing
    from {{ ref('int_recurring_revenue_moved') }}
    group by years_back
)

select
    moved.years_back,
    cast(
        {{ dbt.dateadd('day', -1, add_months('current_run.cut_on', '-12 * moved.years_back')) }} as date
    ) as period_end_on,
    cast(moved.opening as {{ money() }}) as opening,
    cast(moved.new as {{ money() }}) as new,
    cast(moved.expansion as {{ money() }}) as expansion,
    cast(moved.contraction as {{ money() }}) as contraction,
    cast(moved.churn as {{ money() }}) as churn,
    cast(moved.closing as {{ money() }}) as closing,
    cast(moved.customers_opening as integer) as customers_opening,
    cast(moved.customers_churned as integer) as customers_churned,
    cast(moved.customers_closing as integer) as customers_closing,
    {{ steady('cast(moved.opening - moved.churn - moved.contraction as double) / nullif(moved.opening, 0)') }} as grr,
    {{ steady(
        'cast(moved.opening - moved.churn - moved.contraction + moved.expansion as double) / nullif(moved.opening, 0)'
    ) }} as nrr
from moved
cross join current_run
