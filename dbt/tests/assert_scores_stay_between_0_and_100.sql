{{ config(meta={'dagster': {'ref': {'name': 'fct_overall_score'}}}) }}
-- A score outside 0-100, or an overall score outside its dimensions, is an arithmetic fault. A returned row is one.
with

bounds as (
    select
        min(score) as lowest,
        max(score) as highest
    from {{ ref('fct_dimension_scores') }}
)

select
    'indicator ' || indicator_code as what,
    score
from {{ ref('fct_indicator_scores') }}
where score not between 0 and 100

union all

select
    'dimension ' || dimension as what,
    score
from {{ ref('fct_dimension_scores') }}
where score not between 0 and 100

union all

select
    'overall' as what,
    overall.score
from {{ ref('fct_overall_score') }} as overall
cross join bounds
where overall.score not between least(bounds.lowest, 10) and greatest(bounds.highest, 10)
