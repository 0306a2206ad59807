with

items as (
    select * from {{ ref('section_items') }}
),

catalogue as (
    select * from {{ ref('indicators') }}
),

indicators as (
    select * from {{ ref('fct_indicators') }}
    where breakdown = ''
),

counted as (
    select * from {{ ref('int_mart_rows_counted') }}
),

-- Both lists are words between spaces: a word is found with the spaces around it, so that A1.1 is not in A11.1.
item_indicators as (
    select
        items.item,
        {{ dbt.listagg("catalogue.indicator_code", "', '", "order by catalogue.position") }} as indicators,
        count(*) as indicator_count,
        sum(case when indicators.status = 'assessed' then 1 else 0 end) as indicators_assessed,
        sum(case when indicators.status = 'not_assessed' then 1 else 0 end) as indicators_not_assessed,
        sum(case when indicators.status = 'not_applicable' then 1 else 0 end) as indicators_not_applicable,
        {{ dbt.listagg(
            "case when indicators.status != 'assessed' then catalogue.name_en || ': ' || indicators.reason end",
            "'; '", "order by catalogue.position") }} as reason,
        {{ dbt.listagg(
            "case when indicators.status != 'assessed' then catalogue.name_zh || '：' || indicators.reason_zh end",
            "'；'", "order by catalogue.position") }} as reason_zh
    from items
    inner join catalogue
        on {{ dbt.position("' ' || items.item || ' '", "' ' || catalogue.sections || ' '") }} > 0
    inner join indicators on catalogue.indicator_code = indicators.indicator_code
    group by items.item
),

item_tables as (
    select
        items.item,
        count(*) as tables_built,
        sum(case when counted.row_count > 0 then 1 else 0 end) as tables_filled,
        {{ dbt.listagg(
            "case when counted.row_count = 0 then counted.table_name end", "', '", "order by counted.table_name"
        ) }} as tables_empty
    from items
    inner join counted
        on {{ dbt.position("' ' || counted.table_name || ' '", "' ' || items.tables || ' '") }} > 0
    group by items.item
),

joined as (
    select
        items.*,
        item_indicators.indicators,
        coalesce(item_indicators.indicator_count, 0) as indicator_count,
        coalesce(item_indicators.indicators_assessed, 0) as indicators_assessed,
        coalesce(item_indicators.indicators_not_assessed, 0) as indicators_not_assessed,
        coalesce(item_indicators.indicators_not_applicable, 0) as indicators_not_applicable,
        coalesce(item_tables.tables_built, 0) as tables_built,
        coalesce(item_tables.tables_filled, 0) as tables_filled,
        item_tables.tables_empty,
        item_indicators.reason as indicators_reason,
        item_indicators.reason_zh as indicators_reason_zh
    from items
    left join item_indicators on items.item = item_indicators.item
    left join item_tables on items.item = item_tables.item
),

judged as (
    select
        *,
        case
            when indicators_assessed > 0 then 'assessed'
            -- Tables alone answer only where the item says so: a full table is no evidence for a missing figure.
            when is_answered_by_tables and tables_filled > 0 then 'assessed'
            when indicators_not_applicable > 0 and indicators_not_assessed = 0 then 'not_applicable'
            else 'not_assessed'
        end as status
    from joined
)

select
    item,
    section,
    cast(position as integer) as position,
    title_en,
    title_zh,
    indicators,
    replace(tables, ' ', ', ') as tables,
    cast(indicator_count as integer) as indicator_count,
    cast(indicators_assessed as integer) as indicators_assessed,
    cast(indicators_not_assessed as integer) as indicators_not_assessed,
    cast(indicators_not_applicable as integer) as indicators_not_applicable,
    cast(tables_filled as integer) as tables_filled,
    status,
    case
        when indicators_reason is not null then indicators_reason
        when status = 'assessed' then null
        when tables_built = 0 then 'no indicator or table answers it yet'
        when not is_answered_by_tables then 'no indicator answers it yet'
        else 'no rows in ' || tables_empty
    end as reason,
    case
        when indicators_reason_zh is not null then indicators_reason_zh
        when status = 'assessed' then null
        when tables_built = 0 then '尚无对应的指标或数据表'
        when not is_answered_by_tables then '尚无对应的指标'
        else '数据表无记录：' || tables_empty
    end as reason_zh
from judged
