{{ config(meta={'dagster': {'ref': {'name': 'fct_expectation_results'}}}) }}
-- The published results are the observed ones, none added or dropped. A returned row is the difference.
with

observed as (
    select count(*) as results from {{ source('evidence', 'expectation_results') }}
),

published as (
    select count(*) as results from {{ ref('fct_expectation_results') }}
)

select
    observed.results as observed_results,
    published.results as published_results
from observed
cross join published
where observed.results != published.results
