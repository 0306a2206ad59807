with

dimension_scores as (
    select * from {{ ref('fct_dimension_scores') }}
),

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

-- Floored at 10 so that one zero does not erase the rest; an unassessed dimension takes no part.
combined as (
    select
        {{ steady('exp(avg(case when score is not null then ln(greatest(score, 10)) end))') }} as score,
        {{ steady('avg(score)') }} as score_arithmetic,
        count(score) as dimensions_assessed,
        count(*) as dimensions
    from dimension_scores
),

counted as (
    select
        sum(case when status = 'assessed' then 1 else 0 end) as indicators_assessed,
        sum(case when status = 'not_assessed' then 1 else 0 end) as indicators_not_assessed,
        sum(case when status = 'not_applicable' then 1 else 0 end) as indicators_not_applicable
    from {{ ref('fct_indicators') }}
    where breakdown = ''
)

select
    current_run.as_of_on as as_of_date,
    current_run.profile,
    case when combined.dimensions_assessed > 0 then combined.score end as score,
    combined.score_arithmetic,
    case
        when combined.dimensions_assessed = 0 then null
        when combined.score >= 80 then 'A'
        when combined.score >= 65 then 'B'
        when combined.score >= 50 then 'C'
        when combined.score >= 35 then 'D'
        else 'E'
    end as grade,
    cast(combined.dimensions_assessed as integer) as dimensions_assessed,
    cast(combined.dimensions as integer) as dimensions,
    cast(counted.indicators_assessed as integer) as indicators_assessed,
    cast(counted.indicators_not_assessed as integer) as indicators_not_assessed,
    cast(counted.indicators_not_applicable as integer) as indicators_not_applicable
from combined
cross join counted
cross join current_run
