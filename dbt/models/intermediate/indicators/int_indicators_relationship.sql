-- Relationship management; shares of money and accounts per owner come resampled from int_ratio_parts_relationship.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

care as (
    select * from {{ ref('fct_care_coverage') }}
),

live_staff as (
    select staff.staff_id
    from {{ ref('stg_crm__staff') }} as staff
    cross join current_run
    where
        staff.removed_on is null
        and coalesce(staff.hired_on < current_run.cut_on, true)
        and coalesce(staff.left_on >= current_run.cut_on, true)
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

contacted as (
    select distinct coalesce(resolved_customers.resolved_customer_id, contacts.customer_id) as customer_id
    from {{ ref('stg_crm__contacts') }} as contacts
    cross join current_run
    left join resolved_customers on contacts.customer_id = resolved_customers.customer_id
    where
        contacts.removed_on is null
        and coalesce(contacts.left_on >= current_run.cut_on, true)
),

active as (
    select
        customers.customer_id,
        customers.owner_staff_id is not null as has_owner,
        live_staff.staff_id is not null as has_live_owner,
        contacted.customer_id is not null as has_contact,
        touches.last_touch_on is not null as has_touch
    from {{ ref('dim_customers') }} as customers
    left join live_staff on customers.owner_staff_id = live_staff.staff_id
    left join contacted on customers.customer_id = contacted.customer_id
    left join {{ ref('int_customer_touches_aggregated') }} as touches on customers.customer_id = touches.customer_id
    where customers.is_active
),

covered as (
    select
        count(*) as customers,
        sum(case when has_owner and has_contact and has_touch then 1 else 0 end) as complete,
        sum(case when has_owner then 1 else 0 end) as with_owner,
        sum(case when has_contact then 1 else 0 end) as with_contact,
        sum(case when has_touch then 1 else 0 end) as with_touch,
        sum(case when has_live_owner then 0 else 1 end) as orphaned,
        sum(case when has_owner and not has_live_owner then 1 else 0 end) as owner_left
    from active
),

-- Strata that hold both touched and untouched customers; where one side is missing there is nothing to compare with.
matched as (
    select
        touched,
        untouched,
        touched_ordered / cast(touched as double) - untouched_ordered / cast(untouched as double) as difference,
        -- One success and one failure added, so that a share of nothing or all is not taken for certain.
        (touched_ordered + 1.0) * (touched - touched_ordered + 1.0) / ((touched + 2.0) * (touched + 2.0) * touched)
        + (untouched_ordered + 1.0) * (untouched - untouched_ordered + 1.0)
        / ((untouched + 2.0) * (untouched + 2.0) * untouched) as variance
    from {{ ref('int_care_matched') }}
    where touched > 0 and untouched > 0
),

uplift as (
    select
        sum(touched * difference) / nullif(cast(sum(touched) as double), 0) as value,
        1.959964 * sqrt(sum(touched * touched * variance)) / nullif(cast(sum(touched) as double), 0) as half_width,
        sum(touched + untouched) as customers
    from matched
)

select
    'care_coverage' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(null as double) as value,
    cast(touched_180d as double) as numerator,
    cast(customers_active as double) as denominator,
    cast(customers_active as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from care
where value_tier = 'all'

union all

select
    'care_by_tier',
    '',
    '',
    null,
    touched_180d,
    customers_active,
    customers_active,
    null,
    null
from care
where value_tier = 'A'

union all

select
    'care_by_tier',
    'value_tier',
    value_tier,
    null,
    touched_180d,
    customers_active,
    customers_active,
    null,
    null
from care
where value_tier in ('A', 'B', 'C')

union all

select
    'days_since_touch',
    case when value_tier = 'all' then '' else 'value_tier' end,
    case when value_tier = 'all' then '' else value_tier end,
    days_since_touch_median,
    null,
    null,
    customers_active,
    days_since_touch_ci_low,
    days_since_touch_ci_high
from care

union all

select
    'crm_coverage',
    '',
    '',
    null,
    complete,
    customers,
    customers,
    null,
    null
from covered

union all

{% for part in ['owner', 'contact', 'touch'] %}
select
    'crm_coverage',
    'part',
    '{{ part }}',
    null,
    with_{{ part }},
    customers,
    customers,
    null,
    null
from covered

union all
{% endfor %}

select
    'orphaned_accounts',
    '',
    '',
    null,
    orphaned,
    customers,
    customers,
    null,
    null
from covered

union all

select
    'orphaned_accounts',
    'reason',
    'owner_left',
    null,
    owner_left,
    customers,
    customers,
    null,
    null
from covered

union all

select
    'orphaned_accounts',
    'reason',
    'never_owned',
    null,
    orphaned - owner_left,
    customers,
    customers,
    null,
    null
from covered

union all

select
    'care_uplift',
    '',
    '',
    value,
    null,
    null,
    customers,
    value - half_width,
    value + half_width
from uplift
