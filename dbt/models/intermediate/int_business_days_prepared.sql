-- The working calendar: for every day when business opens and closes, and the business hours gone by before it, so that
-- hours between two moments are one difference. Hours are a setting of the profile; public holidays and the weekends
-- worked in their place are known for the time zone they were published for, elsewhere weekends alone are free.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

days as (
    select
        day_on,
        -- 1900-01-01 was a Monday: the engines do not agree on what the first day of a week is.
        mod({{ days_between("cast('1900-01-01' as date)", 'day_on') }}, 7) as weekday
    from {{ ref('int_calendar_days_spined') }}
    where day_on >= cast('1990-01-01' as date)
),

named as (
    select
        days.day_on,
        coalesce(
            holidays.day_kind,
            case days.weekday
                when 0 then 'monday'
                when 1 then 'tuesday'
                when 2 then 'wednesday'
                when 3 then 'thursday'
                when 4 then 'friday'
                when 5 then 'saturday'
                else 'sunday'
            end
        ) as day_kind,
        current_run.profile
    from days
    cross join current_run
    left join {{ ref('public_holidays') }} as holidays
        on
            days.day_on = holidays.day_on
            and current_run.timezone = holidays.timezone
),

timed as (
    select
        named.day_on,
        named.day_kind,
        {{ dbt.dateadd('minute', 'cast(hours.opens_hour * 60 as integer)', 'named.day_on') }} as opens_at,
        {{ dbt.dateadd('minute', 'cast(hours.closes_hour * 60 as integer)', 'named.day_on') }} as closes_at,
        coalesce(hours.closes_hour - hours.opens_hour, 0) as business_hours
    from named
    left join {{ ref('working_hours') }} as hours
        on
            named.profile = hours.profile
            and named.day_kind = hours.day_kind
)

select
    day_on,
    day_kind,
    opens_at,
    closes_at,
    business_hours,
    sum(business_hours) over (order by day_on rows unbounded preceding) - business_hours as hours_before
from timed
