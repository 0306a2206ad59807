-- How far the records behind each scored indicator can be trusted: the entity it needs with the largest share of rows
-- that were quarantined or broke an expectation. Only what is wrong counts; what is missing or old is known to be so.
with

indicators as (
    select * from {{ ref('int_indicators_normalised') }}
    where status = 'assessed'
),

broken as (
    select
        relation,
        max(element_count) as evaluated,
        sum(unexpected_count) as unexpected
    from {{ source('evidence', 'expectation_results') }}
    where stage = 'raw' and dimension in ('validity', 'accuracy', 'consistency', 'uniqueness')
    group by relation
),

accounted as (
    select
        entity,
        sum(delivered) as delivered,
        sum(quarantined) as quarantined
    from {{ source('evidence', 'row_accounting') }}
    group by entity
),

-- A row with several faults counts as several: rather too much than too little.
entities as (
    select
        accounted.entity,
        1 - (1 - accounted.quarantined / cast(nullif(accounted.delivered, 0) as double))
        * (
            1 - case
                when broken.unexpected >= broken.evaluated then 1
                else coalesce(broken.unexpected / cast(nullif(broken.evaluated, 0) as double), 0)
            end
        ) as flawed_share
    from accounted
    left join broken on 'raw.' || accounted.entity = broken.relation
),

needed as (
    select distinct
        inputs.indicator_code,
        inputs.entity
    from {{ ref('indicator_inputs') }} as inputs
),

worst as (
    select
        indicators.indicator_code,
        entities.entity,
        entities.flawed_share,
        row_number() over (
            partition by indicators.indicator_code
            order by entities.flawed_share desc, entities.entity asc
        ) as place
    from indicators
    inner join needed on indicators.indicator_code = needed.indicator_code
    inner join entities on needed.entity = entities.entity
    where entities.flawed_share > 0
)

select
    indicator_code,
    entity,
    {{ steady('flawed_share') }} as flawed_share
from worst
where place = 1
