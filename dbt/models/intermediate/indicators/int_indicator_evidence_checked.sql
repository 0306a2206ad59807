-- Whether the delivered columns carry each indicator, and in words which do not. An indicator names one or more
-- alternatives; any alternative whose columns were all delivered with values will do. Of those that will not, the ones
-- that ask for no more than another are told.
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

missing as (
    select
        indicator_code,
        alternative,
        entity,
        column_name,
        count(*) over (partition by indicator_code, alternative) as columns_missing
    from checked
    where not is_present
),

-- Whatever the smaller alternative lacks, the larger lacks too.
compared as (
    select
        larger.indicator_code,
        larger.alternative
    from missing as larger
    inner join missing as smaller
        on
            larger.indicator_code = smaller.indicator_code
            and larger.alternative != smaller.alternative
            and larger.entity = smaller.entity
            and larger.column_name = smaller.column_name
    group by
        larger.indicator_code,
        larger.alternative,
        smaller.alternative
    having
        count(*) = max(smaller.columns_missing)
        and (max(larger.columns_missing) > count(*) or larger.alternative > smaller.alternative)
),

asking_more as (
    select distinct
        indicator_code,
        alternative
    from compared
),

alternatives as (
    select
        checked.indicator_code,
        checked.alternative,
        min(case when checked.is_present then 1 else 0 end) as is_complete,
        {{ dbt.listagg(
            "case when not checked.is_present and asking_more.alternative is null"
            " then checked.entity || '.' || checked.column_name || checked.reason_en end",
            "', '", "order by checked.entity, checked.column_name") }} as missing_en,
        {{ dbt.listagg(
            "case when not checked.is_present and asking_more.alternative is null"
            " then checked.entity || '.' || checked.column_name || checked.reason_zh end",
            "'、'", "order by checked.entity, checked.column_name") }} as missing_zh
    from checked
    left join asking_more
        on
            checked.indicator_code = asking_more.indicator_code
            and checked.alternative = asking_more.alternative
    group by
        checked.indicator_code,
        checked.alternative
)

select
    indicator_code,
    max(is_complete) = 1 as is_assessable,
    {{ dbt.listagg("missing_en", "' or '", "order by alternative") }} as missing_en,
    {{ dbt.listagg("missing_zh", "' 或 '", "order by alternative") }} as missing_zh
from alternatives
group by indicator_code
