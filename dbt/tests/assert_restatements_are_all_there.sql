{{ config(meta={'dagster': {'ref': {'name': 'fct_restatements'}}}) }}
-- The published restatements are the observed ones. A returned row is the difference.
with

observed as (
    select count(*) as changes from {{ source('evidence', 'restatements') }}
),

published as (
    select count(*) as changes from {{ ref('fct_restatements') }}
)

select
    observed.changes as observed_changes,
    published.changes as published_changes
from observed
cross join published
where observed.changes != published.changes
