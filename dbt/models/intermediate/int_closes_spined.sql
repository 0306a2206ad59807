-- As-of and the 36 closes before it, a month apart, each with the twelve months that end there: what is measured at
-- every close reads like the assessment would have read that day.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

numbers as (
    {{ number_rows(37) }}
)

select
    numbers.n - 1 as months_back,
    {{ add_months('current_run.cut_on', '-(numbers.n - 1)') }} as cut_on,
    cast({{ dbt.dateadd('day', -1, add_months('current_run.cut_on', '-(numbers.n - 1)')) }} as date) as as_of_on,
    {{ add_months('current_run.cut_on', '-(numbers.n + 11)') }} as window_start_on
from current_run
cross join numbers
