-- CRM system and team; means over people, orders and accounts come resampled from int_indicators_ratios.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

staff as (
    select * from {{ ref('int_staff_prepared') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

active as (
    select
        count(*) as customers,
        sum(
            case
                when coalesce(records.updated_on, records.created_on) < current_run.window_start_on then 1
                else 0
            end
        ) as stale,
        count(coalesce(records.updated_on, records.created_on)) as dated
    from customers
    inner join {{ ref('int_customers_unioned') }} as records on customers.customer_id = records.customer_id
    cross join current_run
    where customers.is_active
),

modules as (
    select
        count(*) as needed,
        sum(case when is_used then 1 else 0 end) as used
    from {{ ref('int_crm_modules_listed') }}
),

users as (
    select distinct usage.staff_id
    from {{ ref('stg_crm__crm_usage') }} as usage
    cross join current_run
    where
        usage.removed_on is null
        and usage.used_on > cast({{ dbt.dateadd('day', -90, 'current_run.as_of_on') }} as date)
        and usage.used_on < current_run.cut_on
        and coalesce(usage.logins, 1) > 0
),

-- Before the log begins nobody is known to work in the system or not to.
usage_log as (
    select count(*) as days
    from {{ ref('stg_crm__crm_usage') }} as usage
    cross join current_run
    where usage.removed_on is null and usage.used_on < current_run.cut_on
),

trained as (
    select distinct training.staff_id
    from {{ ref('stg_crm__training') }} as training
    cross join current_run
    where
        training.removed_on is null
        and training.topic = 'crm'
        and training.completed_on >= current_run.window_start_on
        and training.completed_on < current_run.cut_on
),

people as (
    select
        sum(case when staff.is_there then 1 else 0 end) as there,
        sum(case when staff.was_there then 1 else 0 end) as were_there,
        sum(case when staff.left_in_window then 1 else 0 end) as left_in_window,
        sum(case when staff.is_there and staff.has_crm_seat then 1 else 0 end) as seats,
        sum(case when staff.is_there and staff.has_crm_seat and users.staff_id is not null then 1 else 0 end)
            as seats_in_use,
        sum(case when staff.is_there and staff.has_crm_seat and trained.staff_id is not null then 1 else 0 end)
            as seats_trained,
        sum(case when staff.is_there and not staff.is_company_owner then 1 else 0 end) as employees,
        sum(
            case
                when staff.is_there and not staff.is_company_owner and staff.incentive_plan is not null then 1
                else 0
            end
        ) as on_incentive,
        {{ quantile(
            'case when staff.is_there then '
            ~ days_between('staff.hired_on', 'current_run.as_of_on') ~ ' / 365.25 end', 0.5
        ) }} as tenure_median,
        count(case when staff.is_there then staff.hired_on end) as tenures
    from staff
    cross join current_run
    left join users on staff.staff_id = users.staff_id
    left join trained on staff.staff_id = trained.staff_id
),

-- What the company pays for a year of all its systems; its seats are those of the largest.
systems as (
    select
        max(systems.seats) as seats,
        sum(systems.annual_cost) as annual_cost,
        count(*) as systems
    from {{ ref('stg_crm__crm_systems') }} as systems
    cross join current_run
    where systems.removed_on is null and coalesce(systems.selected_on < current_run.cut_on, true)
),

placed as (
    select
        count(*) as orders,
        sum(case when records.customer_id is not null then 1 else 0 end) as traceable
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    left join {{ ref('int_customers_unioned') }} as records
        on orders.customer_id = records.customer_id and records.record_source = 'customers'
    where
        not orders.is_cancelled
        and not orders.is_return
        and orders.ordered_on >= current_run.window_start_on
),

-- Touches by people, by the team they belong to: an account that two teams know does not hang on one.
touched as (
    select
        coalesce(resolved.resolved_customer_id, activities.customer_id) as customer_id,
        count(distinct staff.team) as teams
    from {{ ref('stg_crm__activities') }} as activities
    cross join current_run
    inner join staff on activities.staff_id = staff.staff_id
    left join {{ ref('int_customers_resolved') }} as resolved on activities.customer_id = resolved.customer_id
    where
        activities.removed_on is null
        and not coalesce(activities.is_automated, false)
        and activities.occurred_on >= current_run.window_start_on
        and activities.occurred_on < current_run.cut_on
    group by coalesce(resolved.resolved_customer_id, activities.customer_id)
),

collaboration as (
    select
        count(*) as customers,
        sum(case when touched.teams > 1 then 1 else 0 end) as shared
    from touched
    inner join customers on touched.customer_id = customers.customer_id
    where customers.is_active
),

logins as (
    select
        usage.staff_id,
        sum(coalesce(usage.logins, 1)) as logins
    from {{ ref('stg_crm__crm_usage') }} as usage
    cross join current_run
    where
        usage.removed_on is null
        and usage.used_on >= current_run.window_start_on
        and usage.used_on < current_run.cut_on
    group by usage.staff_id
),

typical as (
    select {{ quantile('logins', 0.5) }} as logins from logins
),

-- Leads of the twelve months that ended half a year ago, by how much their owner uses the system.
owned as (
    select
        coalesce(logins.logins > typical.logins, false) as is_heavy,
        count(*) as leads,
        sum(
            case when {{ days_between('leads.created_on', 'leads.converted_on') }} <= 180 then 1 else 0 end
        ) as converted
    from {{ ref('int_leads_prepared') }} as leads
    cross join current_run
    inner join {{ ref('stg_crm__leads') }} as staged on leads.lead_id = staged.lead_id
    inner join logins on staged.owner_staff_id = logins.staff_id
    cross join typical
    where
        leads.created_on >= {{ add_months('current_run.cut_on', -18) }}
        and {{ days_between('leads.created_on', 'current_run.as_of_on') }} >= 180
    group by coalesce(logins.logins > typical.logins, false)
),

split as (
    select
        cast(sum(case when is_heavy then converted else 0 end) as double) as heavy_converted,
        cast(sum(case when is_heavy then 0 else converted end) as double) as light_converted,
        sum(case when is_heavy then leads else 0 end) as heavy_leads,
        sum(case when is_heavy then 0 else leads end) as light_leads
    from owned
),

shares as (
    select
        heavy_leads,
        light_leads,
        heavy_converted / nullif(heavy_leads, 0) as heavy,
        light_converted / nullif(light_leads, 0) as light
    from split
),

-- Difference of two shares with its normal interval; an association: nobody was told at random to use the system.
effect as (
    select
        heavy - light as difference,
        case when heavy_leads < light_leads then heavy_leads else light_leads end as leads,
        1.959964 * sqrt(heavy * (1 - heavy) / nullif(heavy_leads, 0) + light * (1 - light) / nullif(light_leads, 0))
            as half_width
    from shares
),

measured as (
    select
        'crm_fit' as indicator_code,
        cast(null as double) as value,
        cast(used as double) as numerator,
        cast(needed as double) as denominator,
        needed as n,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high
    from modules
    union all
    select
        'crm_active_users',
        null,
        case when usage_log.days > 0 then people.seats_in_use end,
        case when usage_log.days > 0 then people.seats end,
        case when usage_log.days > 0 then people.seats end,
        null,
        null
    from people
    cross join usage_log
    union all
    select
        'crm_seat_use',
        people.seats / cast(nullif(systems.seats, 0) as double),
        people.seats,
        systems.seats,
        systems.seats,
        null,
        null
    from people
    cross join systems
    union all
    select
        'crm_traceability',
        null,
        traceable,
        orders,
        orders,
        null,
        null
    from placed
    union all
    select
        'stale_record_share',
        null,
        stale,
        dated,
        dated,
        null,
        null
    from active
    union all
    select
        'crm_training_coverage',
        null,
        seats_trained,
        seats,
        seats,
        null,
        null
    from people
    union all
    select
        'crm_cost_per_active_customer',
        cast(systems.annual_cost as double) / nullif(active.customers, 0),
        cast(systems.annual_cost as double),
        active.customers,
        active.customers,
        null,
        null
    from systems
    cross join active
    union all
    select
        'crm_effect',
        difference,
        null,
        null,
        leads,
        {{ steady('difference - half_width') }},
        {{ steady('difference + half_width') }}
    from effect
    union all
    select
        'team_size',
        there,
        null,
        null,
        there,
        null,
        null
    from people
    union all
    select
        'staff_turnover',
        left_in_window / nullif((there + were_there) / 2.0, 0),
        left_in_window,
        (there + were_there) / 2.0,
        there,
        {{ poisson_bound('left_in_window', 'low') }} / nullif((there + were_there) / 2.0, 0),
        {{ poisson_bound('left_in_window', 'high') }} / nullif((there + were_there) / 2.0, 0)
    from people
    union all
    select
        'tenure_median',
        tenure_median,
        null,
        null,
        tenures,
        null,
        null
    from people
    union all
    select
        'incentive_coverage',
        null,
        on_incentive,
        employees,
        employees,
        null,
        null
    from people
    union all
    select
        'team_collaboration',
        null,
        shared,
        customers,
        customers,
        null,
        null
    from collaboration
)

select
    indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(value as double) as value,
    cast(numerator as double) as numerator,
    cast(denominator as double) as denominator,
    cast(n as bigint) as n,
    cast(ci_low as double) as ci_low,
    cast(ci_high as double) as ci_high
from measured
