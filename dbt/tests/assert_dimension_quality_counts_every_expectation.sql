{{ config(meta={'dagster': {'ref': {'name': 'fct_dimension_quality'}}}) }}
-- Each raw expectation counts in one dimension. A returned row is the difference.
with

dimensions as (
    select coalesce(sum(expectations), 0) as expectations
    from {{ ref('fct_dimension_quality') }}
),

results as (
    select count(*) as expectations
    from {{ ref('fct_expectation_results') }}
    where stage = 'raw'
)

select
    dimensions.expectations as counted,
    results.expectations as observed
from dimensions
cross join results
where dimensions.expectations != results.expectations
