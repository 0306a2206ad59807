-- What would settle each scored indicator best: delivering what is missing (the alternative that asks for the fewest
-- entities and columns), starting to keep records where what was delivered says nothing, or more answers to a question.
with

indicators as (
    select * from {{ ref('int_indicators_normalised') }}
    where status != 'not_applicable'
),

needed as (
    select
        inputs.indicator_code,
        inputs.alternative,
        inputs.entity,
        inputs.column_name,
        coalesce(delivered.delivered and delivered.non_null_count > 0, false) as is_present
    from {{ ref('indicator_inputs') }} as inputs
    left join {{ source('evidence', 'inputs') }} as delivered
        on
            inputs.entity = delivered.entity
            and inputs.column_name = delivered.column_name
),

entities as (
    select
        indicator_code,
        alternative,
        entity,
        count(*) as columns_needed,
        sum(case when is_present then 0 else 1 end) as columns_missing
    from needed
    group by
        indicator_code,
        alternative,
        entity
),

alternatives as (
    select
        indicator_code,
        alternative,
        sum(columns_missing) as columns_missing,
        {{ dbt.listagg("case when columns_missing > 0 then entity end", "' + '", "order by entity") }}
            as missing_entities,
        row_number() over (
            partition by indicator_code
            order by
                sum(case when columns_missing > 0 then 1 else 0 end) asc,
                sum(columns_missing) asc,
                alternative asc
        ) as from_cheapest
    from entities
    group by
        indicator_code,
        alternative
),

owners as (
    select
        item,
        is_asked
    from {{ ref('improvement_owners') }}
    where kind = 'document'
),

main_entities as (
    select
        indicator_code,
        alternative,
        entity,
        row_number() over (partition by indicator_code, alternative order by columns_needed desc, entity asc) as place
    from entities
)

select
    indicators.indicator_code,
    case
        when indicators.status = 'assessed' then 'sample'
        when alternatives.columns_missing > 0 then 'deliver'
        else 'record'
    end as kind,
    case
        when indicators.status = 'not_assessed' and alternatives.columns_missing > 0 then alternatives.missing_entities
        else main_entities.entity
    end as item,
    alternatives.alternative
from indicators
inner join alternatives on indicators.indicator_code = alternatives.indicator_code and alternatives.from_cheapest = 1
inner join main_entities
    on
        alternatives.indicator_code = main_entities.indicator_code
        and alternatives.alternative = main_entities.alternative
        and main_entities.place = 1
inner join owners on main_entities.entity = owners.item
where
    indicators.status = 'not_assessed'
    -- Nobody can deliver four times as many orders; more answers to a question are to be had. Without an interval they
    -- would not narrow anything; ratings have a step of their own.
    or (indicators.ci_low is not null and indicators.method != 'qualitative' and owners.is_asked)
