with

sections as (
    select * from {{ ref('sections') }}
),

-- An indicator that answers two items of a section counts in both.
counted as (
    select
        section,
        count(*) as items,
        sum(case when status = 'assessed' then 1 else 0 end) as items_assessed,
        sum(case when status = 'not_assessed' then 1 else 0 end) as items_not_assessed,
        sum(case when status = 'not_applicable' then 1 else 0 end) as items_not_applicable,
        {{ dbt.listagg(
            "case when status != 'assessed' then item || ' ' || title_en end", "'; '", "order by position"
        ) }} as unassessed,
        {{ dbt.listagg(
            "case when status != 'assessed' then item || ' ' || title_zh end", "'；'", "order by position"
        ) }} as unassessed_zh
    from {{ ref('fct_item_coverage') }}
    group by section
)

select
    sections.section,
    sections.article,
    cast(sections.position as integer) as position,
    sections.title_en,
    sections.title_zh,
    cast(coalesce(counted.items, 0) as integer) as items,
    cast(coalesce(counted.items_assessed, 0) as integer) as items_assessed,
    cast(coalesce(counted.items_not_assessed, 0) as integer) as items_not_assessed,
    cast(coalesce(counted.items_not_applicable, 0) as integer) as items_not_applicable,
    case
        when counted.items_assessed > 0 and counted.items_not_assessed = 0 then 'assessed'
        when counted.items_assessed > 0 then 'partly_assessed'
        when counted.items_not_applicable > 0 and counted.items_not_assessed = 0 then 'not_applicable'
        else 'not_assessed'
    end as status,
    counted.unassessed as reason,
    counted.unassessed_zh as reason_zh
from sections
left join counted on sections.section = counted.section
