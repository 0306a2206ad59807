{{ config(meta={'dagster': {'ref': {'name': 'fct_strategy_links'}}}) }}
-- A weak indicator that leads to nothing is a finding nobody acts on. A returned row is one without a link.
select scores.indicator_code
from {{ ref('fct_indicator_scores') }} as scores
cross join {{ ref('score_settings') }} as settings
left join {{ ref('fct_strategy_links') }} as links on scores.indicator_code = links.indicator_code
where
    settings.setting = 'weak_below'
    and scores.status = 'assessed'
    and scores.score < settings.value
    and links.indicator_code is null
