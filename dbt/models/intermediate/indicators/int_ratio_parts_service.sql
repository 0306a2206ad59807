-- Service: tickets of the window by who dealt with them, over the share of the window each was there. A leaver and his
-- successor make one head.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

staff as (
    select * from {{ ref('stg_crm__staff') }}
    where removed_on is null
),

assigned as (
    select
        assignee_staff_id,
        count(*) as tickets
    from {{ ref('int_tickets_prepared') }}
    where is_in_window and assignee_staff_id is not null
    group by assignee_staff_id
),

present as (
    select
        assigned.assignee_staff_id,
        assigned.tickets,
        current_run.window_start_on,
        current_run.cut_on,
        case
            when staff.hired_on > current_run.window_start_on then staff.hired_on
            else current_run.window_start_on
        end as there_from_on,
        case when staff.left_on < current_run.cut_on then staff.left_on else current_run.cut_on end as there_before_on
    from assigned
    cross join current_run
    left join staff on assigned.assignee_staff_id = staff.staff_id
)

select
    'service_load' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    assignee_staff_id as unit_id,
    cast(tickets as {{ money() }}) as numerator,
    -- Nobody deals with tickets in no time at all: a day is the least.
    cast(
        case
            when there_before_on > there_from_on then {{ days_between('there_from_on', 'there_before_on') }}
            else 1
        end / cast({{ days_between('window_start_on', 'cut_on') }} as double) as {{ money() }}
    ) as denominator
from present
