{{ config(meta={'dagster': {'ref': {'name': 'fct_section_coverage'}}}) }}
-- Forty sections whose items add up to those of the item coverage, and each item's indicators to their statuses.
-- A returned row does not add up.
with

sections as (
    select
        sum(items) as items,
        sum(items_assessed) as items_assessed,
        sum(items_assessed + items_not_assessed + items_not_applicable) as items_judged,
        count(*) as sections
    from {{ ref('fct_section_coverage') }}
),

items as (
    select
        count(*) as items,
        sum(case when status = 'assessed' then 1 else 0 end) as items_assessed
    from {{ ref('fct_item_coverage') }}
)

select 'sections' as relation
from sections
cross join items
where
    sections.sections != 40
    or sections.items != items.items
    or sections.items_judged != items.items
    or sections.items_assessed != items.items_assessed

union all

select item as relation
from {{ ref('fct_item_coverage') }}
where
    indicator_count != indicators_assessed + indicators_not_assessed + indicators_not_applicable
    or (status != 'assessed' and (reason is null or reason_zh is null))
