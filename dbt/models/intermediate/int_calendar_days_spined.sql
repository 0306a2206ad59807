-- Every day a record may carry, with its month counted back from as-of (0 = the month that ends at as-of; negative =
-- after it) and its calendar month. Joining this keeps month arithmetic, with its short months, in one place.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

numbers as (
    {{ number_rows(1800) }}
),

-- Twelve years ahead: weddings, deliveries and contract ends lie in the future. 1788 months reach back past 1900.
periods as (
    select
        numbers.n - 145 as months_back,
        {{ add_months('current_run.cut_on', '-(numbers.n - 144)') }} as starts_on,
        {{ add_months('current_run.cut_on', '-(numbers.n - 145)') }} as ends_before_on,
        current_run.cut_on
    from current_run
    cross join numbers
),

days as (
    {{ date_rows("cast('1900-01-01' as date)", "cast('2050-12-31' as date)") }}
)

select
    days.day_on,
    periods.months_back,
    {{ month_of('days.day_on') }} as month_on,
    {{ add_months(month_of('days.day_on'), 1) }} > periods.cut_on as is_partial_month,
    {{ dbt.dateadd('day', 1, 'days.day_on') }} = periods.ends_before_on as is_period_close
from days
inner join periods
    on
        days.day_on >= periods.starts_on
        and days.day_on < periods.ends_before_on
