{{ config(meta={'dagster': {'ref': {'name': 'fct_order_lines'}}}) }}
-- Every loaded line is in the mart once, customer or not. A returned row is the difference.
with

expected as (
    select count(*) as lines
    from {{ ref('stg_crm__order_lines') }}
    where removed_on is null
),

found as (
    select count(*) as lines
    from {{ ref('fct_order_lines') }}
)

select
    expected.lines as expected_lines,
    found.lines as found_lines
from expected
cross join found
where expected.lines != found.lines
