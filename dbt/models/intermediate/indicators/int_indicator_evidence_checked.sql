-- Whether the delivered columns carry each indicator, and in words which do not. An indicator names one or more
-- alternatives; any alternative whose columns were all delivered with values will do.
with

needed as (
    select * from {{ ref('indicator_inputs') }}
),

inputs as (
    select * from {{ source('evidence', 'inputs') }}
),

checked as (
    select
        needed.indicator_code,
        needed.alternative,
        needed.entity,
        needed.column_name,
        coalesce(inputs.delivered and inputs.non_null_count > 0, false) as is_present,
        case
            when coalesce(inputs.delivered, false) then ' (empty)'
            else ' (not delivered)'
        end as reason_en,
        case
            when coalesce(inputs.delivered, false) then '（为空）'
            else '（未交付）'
        end as reason_zh
    from needed
    left join inputs on needed.entity = inputs.entity and needed.column_name = inputs.column_name
),

alternatives as (
    select
        indicator_code,
        alternative,
        min(case when is_present then 1 else 0 end) as is_complete,
        {{ dbt.listagg(
            "case when not is_present then entity || '.' || column_name || reason_en end",
            "', '", "order by entity, column_name") }} as missing_en,
        {{ dbt.listagg(
            "case when not is_present then entity || '.' || column_name || reason_zh end",
            "'、'", "order by entity, column_name") }} as missing_zh
    from checked
    group by
        indicator_code,
        alternative
)

select
    indicator_code,
    max(is_complete) = 1 as is_assessable,
    {{ dbt.listagg("missing_en", "' or '", "order by alternative") }} as missing_en,
    {{ dbt.listagg("missing_zh", "' 或 '", "order by alternative") }} as missing_zh
from alternatives
group by indicator_code
