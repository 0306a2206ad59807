with

settings as (
    select max(case when setting = 'plan_least_points' then value end) as least_points
    from {{ ref('score_settings') }}
),

-- What opens a section is worth asking for in any case.
steps as (
    select steps.*
    from {{ source('simulation', 'steps') }} as steps
    cross join settings
    where
        steps.kind in ('deliver', 'record')
        or steps.width_before - steps.width_after >= settings.least_points
),

owners as (
    select * from {{ ref('improvement_owners') }}
),

documents as (
    select * from {{ ref('int_indicator_documents') }}
),

helped as (
    select
        kind,
        item,
        indicator_code
    from documents
    union all
    select
        'mend' as kind,
        entity as item,
        indicator_code
    from {{ ref('int_indicators_flawed') }}
),

named as (
    select
        steps.kind,
        steps.item,
        {{ dbt.listagg('owners.name_en', "' + '", "order by owners.item") }} as name_en,
        {{ dbt.listagg('owners.name_zh', "' + '", "order by owners.item") }} as name_zh
    from steps
    inner join owners on ' + ' || steps.item || ' + ' like '% + ' || owners.item || ' + %'
    group by
        steps.kind,
        steps.item
),

people as (
    select distinct
        steps.kind,
        steps.item,
        owners.who_en,
        owners.who_zh
    from steps
    inner join owners on ' + ' || steps.item || ' + ' like '% + ' || owners.item || ' + %'
),

asked as (
    select
        kind,
        item,
        {{ dbt.listagg('who_en', "' + '", "order by who_en") }} as who_en,
        {{ dbt.listagg('who_zh', "' + '", "order by who_en") }} as who_zh
    from people
    group by
        kind,
        item
),

settled as (
    select
        kind,
        item,
        {{ dbt.listagg('indicator_code', "' '", "order by indicator_code") }} as indicator_codes
    from helped
    group by
        kind,
        item
),

missing_columns as (
    select distinct
        documents.kind,
        documents.item,
        inputs.entity || '.' || inputs.column_name as column_name
    from documents
    inner join {{ ref('indicator_inputs') }} as inputs
        on
            documents.indicator_code = inputs.indicator_code
            and documents.alternative = inputs.alternative
    left join {{ source('evidence', 'inputs') }} as delivered
        on
            inputs.entity = delivered.entity
            and inputs.column_name = delivered.column_name
    where documents.kind = 'deliver' and not coalesce(delivered.delivered and delivered.non_null_count > 0, false)
),

columns_asked as (
    select
        kind,
        item,
        {{ dbt.listagg('column_name', "' '", "order by column_name") }} as columns_missing
    from missing_columns
    group by
        kind,
        item
),

-- An item of an article is answered where one of its indicators is assessed.
items as (
    select
        section_items.item,
        section_items.section,
        max(case when indicators.status = 'assessed' then 1 else 0 end) as is_answered
    from {{ ref('section_items') }} as section_items
    inner join {{ ref('indicators') }} as catalogue
        on ' ' || catalogue.sections || ' ' like '% ' || section_items.item || ' %'
    inner join {{ ref('fct_indicators') }} as indicators
        on catalogue.indicator_code = indicators.indicator_code and indicators.breakdown = ''
    group by
        section_items.item,
        section_items.section
),

-- A section is opened where one of its items has no answer yet and the step would give it one.
openings as (
    select distinct
        documents.kind,
        documents.item,
        items.section
    from documents
    inner join {{ ref('indicators') }} as catalogue on documents.indicator_code = catalogue.indicator_code
    inner join items on ' ' || catalogue.sections || ' ' like '% ' || items.item || ' %'
    where documents.kind in ('deliver', 'record') and items.is_answered = 0
),

sections as (
    select
        kind,
        item,
        {{ dbt.listagg('section', "' '", "order by section") }} as sections_opened
    from openings
    group by
        kind,
        item
)

select
    cast(row_number() over (
        order by steps.width_after asc, steps.kind asc, steps.item asc
    ) as integer) as place,
    steps.kind,
    steps.item,
    case steps.kind
        when 'deliver' then 'Deliver: '
        when 'record' then 'Start to keep records: '
        when 'sample' then 'Ask four times as many: '
        when 'mend' then 'Mend wrong records: '
        else ''
    end || named.name_en as what_en,
    case steps.kind
        when 'deliver' then '提供：'
        when 'record' then '开始记录：'
        when 'sample' then '扩大样本至四倍：'
        when 'mend' then '修正错误记录：'
        else ''
    end || named.name_zh as what_zh,
    asked.who_en,
    asked.who_zh,
    columns_asked.columns_missing,
    cast(steps.indicators as integer) as indicators,
    settled.indicator_codes,
    sections.sections_opened,
    {{ steady('steps.width_before') }} as width_before,
    {{ steady('steps.width_after') }} as width_after,
    {{ steady('steps.width_before - steps.width_after') }} as points_narrower
from steps
inner join named on steps.kind = named.kind and steps.item = named.item
inner join asked on steps.kind = asked.kind and steps.item = asked.item
left join settled on steps.kind = settled.kind and steps.item = settled.item
left join columns_asked on steps.kind = columns_asked.kind and steps.item = columns_asked.item
left join sections on steps.kind = sections.kind and steps.item = sections.item
