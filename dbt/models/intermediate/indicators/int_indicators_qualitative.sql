-- What no record shows: the mean rating of an item, 1 to 5, and how far another panel could differ. One spread is
-- pooled over all items: two or three raters say too little about their own.
with

ratings as (
    select * from {{ ref('int_ratings_prepared') }}
),

catalogue as (
    select * from {{ ref('indicators') }}
    where method = 'qualitative'
),

items as (
    select
        ratings.indicator_code,
        avg(cast(ratings.score as double)) as mean_score,
        var_samp(cast(ratings.score as double)) as variance,
        count(*) as raters
    from ratings
    inner join catalogue on ratings.indicator_code = catalogue.indicator_code
    group by ratings.indicator_code
),

pooled as (
    select sqrt(sum(variance * (raters - 1)) / nullif(sum(case when raters > 1 then raters - 1 end), 0)) as spread
    from items
)

select
    items.indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    items.mean_score as value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    items.raters as n,
    -- `greatest` and `least` skip nulls.
    case
        when pooled.spread is not null
            then greatest(items.mean_score - 1.959964 * pooled.spread / sqrt(items.raters), 1)
    end as ci_low,
    case
        when pooled.spread is not null
            then least(items.mean_score + 1.959964 * pooled.spread / sqrt(items.raters), 5)
    end as ci_high
from items
cross join pooled
