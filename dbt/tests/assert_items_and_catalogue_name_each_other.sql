{{ config(meta={'dagster': {'ref': {'name': 'fct_item_coverage'}}}) }}
-- The two articles have forty sections with 176 items. Each item has to end in an indicator or a table, each indicator
-- in items that exist: a slip of the pen in a list of items would drop evidence without a word. A returned row is what
-- has no counterpart.
with

items as (
    select * from {{ ref('section_items') }}
),

coverage as (
    select * from {{ ref('fct_item_coverage') }}
),

-- Words found, with the spaces between them, are as long as the list they were found in.
named_items as (
    select
        catalogue.indicator_code,
        length(max(catalogue.sections)) as list_length,
        sum(length(items.item) + 1) - 1 as found_length
    from {{ ref('indicators') }} as catalogue
    left join items on {{ dbt.position("' ' || items.item || ' '", "' ' || catalogue.sections || ' '") }} > 0
    group by catalogue.indicator_code
)

select
    indicator_code as name,
    'names an item that does not exist, or none' as fault
from named_items
where list_length != coalesce(found_length, -1)

union all

select
    item as name,
    'has neither an indicator nor a table' as fault
from coverage
where indicators is null and tables is null

union all

select
    coverage.item as name,
    'is not counted once in its section' as fault
from coverage
left join {{ ref('sections') }} as sections on coverage.section = sections.section
where sections.section is null or coverage.item not like coverage.section || '.%'

union all

select
    cast(count(*) as varchar) || ' items' as name,
    'instead of 120 of article A and 56 of article B' as fault
from coverage
having
    sum(case when section like 'A%' then 1 else 0 end) != 120
    or sum(case when section like 'B%' then 1 else 0 end) != 56
