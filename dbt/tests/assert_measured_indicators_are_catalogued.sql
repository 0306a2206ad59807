-- An indicator that is measured but missing from the catalogue would be dropped without a word.
-- A row is a code that no row of the catalogue has.
with

stacked as (
    select indicator_code from {{ ref('int_indicators_stacked') }}
    union all
    select indicator_code from {{ ref('int_indicators_strategy') }}
)

select distinct stacked.indicator_code
from stacked
left join {{ ref('indicators') }} as catalogue on stacked.indicator_code = catalogue.indicator_code
where catalogue.indicator_code is null
