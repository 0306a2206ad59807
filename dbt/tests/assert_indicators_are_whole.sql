{{ config(meta={'dagster': {'ref': {'name': 'fct_indicators'}}}) }}
-- Every catalogued indicator has one total row; an assessed one has a value and its n, any other has neither but a
-- reason. A returned row breaks that.
with

indicators as (
    select * from {{ ref('fct_indicators') }}
),

totals as (
    select
        catalogue.indicator_code,
        count(indicators.indicator_code) as total_rows
    from {{ ref('indicators') }} as catalogue
    left join indicators
        on
            catalogue.indicator_code = indicators.indicator_code
            and indicators.breakdown = ''
    group by catalogue.indicator_code
)

select
    indicator_code,
    'has ' || cast(total_rows as varchar) || ' total rows' as fault
from totals
where total_rows != 1

union all

select
    indicator_code,
    'value, n and reason do not fit its status' as fault
from indicators
where
    (status = 'assessed' and (value is null or n is null or reason is not null))
    or (status != 'assessed' and (value is not null or reason is null or reason_zh is null))

union all

-- A percentile bootstrap may leave the book's own figure outside; a Wilson interval may not.
select
    indicators.indicator_code,
    'value lies outside its interval' as fault
from indicators
inner join {{ ref('indicators') }} as catalogue on indicators.indicator_code = catalogue.indicator_code
where
    indicators.ci_low > indicators.ci_high
    or (
        catalogue.interval_kind = 'wilson'
        and (indicators.value < indicators.ci_low - 1e-9 or indicators.value > indicators.ci_high + 1e-9)
    )
