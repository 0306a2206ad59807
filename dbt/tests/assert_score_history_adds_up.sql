{{ config(meta={'dagster': {'ref': {'name': 'fct_score_history'}}}) }}
-- What moved the score must add up to how far it moved, or somebody is told the wrong reason. A returned row is a
-- generation whose parts do not.
select
    generation,
    max(case when level = 'total' then change end) as change,
    sum(case when level in ('indicator', 'rest') then moved_total end) as moved
from {{ ref('fct_score_history') }}
group by generation
having abs(
    max(case when level = 'total' then change end) - sum(case when level in ('indicator', 'rest') then moved_total end)
) > 1e-6
