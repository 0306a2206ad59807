with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

closes as (
    select * from {{ ref('int_history_closes_needed') }}
),

history as (
    select * from {{ ref('int_indicator_history') }}
),

catalogue as (
    select * from {{ ref('indicators') }}
),

-- What ends later runs at as-of, whatever its status says today.
initiatives as (
    select
        initiatives.*,
        current_run.cut_on,
        coalesce(initiatives.ended_on < current_run.cut_on, false) as is_due,
        cast({{ dbt.dateadd('day', -1, 'initiatives.started_on') }} as date) as before_on,
        cast({{ dbt.dateadd('day', -1, add_months('initiatives.ended_on', 12)) }} as date) as after_on
    from {{ ref('stg_crm__initiatives') }} as initiatives
    cross join current_run
    where initiatives.removed_on is null and initiatives.started_on < current_run.cut_on
),

-- The last close before the start; and the close a year after the end, or as-of if that is not over.
windows as (
    select
        initiatives.initiative_id,
        min(case when initiatives.before_on >= closes.as_of_on then closes.months_back end) as before_back,
        min(case when initiatives.is_due and initiatives.after_on >= closes.as_of_on then closes.months_back end)
            as after_back
    from initiatives
    cross join closes
    group by initiatives.initiative_id
),

measured as (
    select
        initiatives.*,
        catalogue.direction,
        before_values.value as value_before,
        before_values.as_of_on as measured_before_on,
        after_values.value as value_after,
        after_values.as_of_on as measured_after_on
    from initiatives
    left join windows on initiatives.initiative_id = windows.initiative_id
    left join catalogue on initiatives.indicator_code = catalogue.indicator_code
    left join history as before_values
        on
            initiatives.indicator_code = before_values.indicator_code
            and windows.before_back = before_values.months_back
    left join history as after_values
        on
            initiatives.indicator_code = after_values.indicator_code
            and windows.after_back = after_values.months_back
)

select
    initiative_id,
    objective,
    owner_staff_id,
    indicator_code,
    started_on,
    case when is_due then ended_on end as ended_on,
    case when is_due then lower(status) else 'running' end as status,
    cast(budget as {{ money() }}) as budget,
    -- Of one that ends later this is the final cost, not what it had cost by then.
    cast(case when ended_on is null or is_due then cost end as {{ money() }}) as cost,
    is_due,
    coalesce(is_due and lower(status) = 'done', false) as is_done,
    case when ended_on is null or is_due then cost <= budget end as is_in_budget,
    measured_before_on,
    {{ steady('value_before') }} as value_before,
    measured_after_on,
    {{ steady('value_after') }} as value_after,
    {{ steady('value_after - value_before') }} as change,
    case
        when not is_due or value_after is null or value_before is null then null
        when direction = 'lower' then value_after < value_before
        when direction = 'higher' then value_after > value_before
    end as is_improved
from measured
