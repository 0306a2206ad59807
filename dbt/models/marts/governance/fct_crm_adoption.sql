with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

staff as (
    select * from {{ ref('int_staff_prepared') }}
),

-- Who is not on the staff list still used the system: the team is unknown.
used as (
    select
        {{ month_of('usage.used_on') }} as month_on,
        coalesce(staff.team, 'unknown') as team,
        count(distinct usage.staff_id) as people,
        count(*) as days_used,
        sum(coalesce(usage.logins, 0)) as logins,
        sum(coalesce(usage.records_created, 0)) as records_created,
        sum(coalesce(usage.records_updated, 0)) as records_updated
    from {{ ref('stg_crm__crm_usage') }} as usage
    cross join current_run
    left join staff on usage.staff_id = staff.staff_id
    where usage.removed_on is null and usage.used_on < current_run.cut_on
    group by
        {{ month_of('usage.used_on') }},
        coalesce(staff.team, 'unknown')
),

months as (
    select distinct month_on from used
),

there as (
    select
        months.month_on,
        staff.team,
        count(*) as people
    from months
    inner join staff
        on
            coalesce({{ add_months('months.month_on', 1) }} > staff.hired_on, true)
            and coalesce(months.month_on <= staff.left_on, true)
    group by
        months.month_on,
        staff.team
)

select
    used.month_on,
    used.team,
    cast(used.people as integer) as people,
    cast(coalesce(there.people, 0) as integer) as people_there,
    cast(used.days_used as integer) as days_used,
    cast(used.logins as bigint) as logins,
    cast(used.records_created as bigint) as records_created,
    cast(used.records_updated as bigint) as records_updated
from used
left join there on used.month_on = there.month_on and used.team = there.team
