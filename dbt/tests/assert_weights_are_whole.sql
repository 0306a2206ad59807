{{ config(meta={'dagster': {'ref': {'name': 'fct_indicator_scores'}}}) }}
-- Weights that do not sum to one inflate or shrink the score. A returned row is a dimension (or the total) where they
-- do not.
select
    dimension,
    sum(weight) as weights
from {{ ref('fct_indicator_scores') }}
where weight is not null
group by dimension
having abs(sum(weight) - 1) > 1e-9

union all

select
    'total' as dimension,
    sum(weight_total) as weights
from {{ ref('fct_indicator_scores') }}
having abs(sum(weight_total) - 1) > 1e-9
