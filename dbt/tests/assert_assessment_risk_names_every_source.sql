{{ config(meta={'dagster': {'ref': {'name': 'fct_assessment_risk'}}}) }}
-- A source of doubt without a reading falls out of the join and looks like none. A returned row is one.
select sources.source
from {{ source('simulation', 'sources') }} as sources
left join {{ ref('fct_assessment_risk') }} as risk on sources.source = risk.source
where risk.source is null
