{{ config(meta={'dagster': {'ref': {'name': 'fct_row_accounting'}}}) }}
-- Nothing is lost on the way in. A returned row is a file of which some rows went nowhere.
select *
from {{ ref('fct_row_accounting') }}
where delivered != loaded + quarantined + duplicates + excluded + erased
