-- Reference growth of each customer industry: the latest year that was over at as-of, by the newest vintage out by
-- then, in the company's own region where it is published for it.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

ranked as (
    select
        markets.industry,
        markets.growth_rate,
        markets.year,
        row_number() over (
            partition by markets.industry
            order by
                markets.year desc,
                case when markets.region = current_run.market_region then 0 else 1 end asc,
                markets.vintage desc,
                markets.region asc,
                markets.source asc
        ) as place
    from {{ ref('stg_crm__market_reference') }} as markets
    cross join current_run
    where
        markets.removed_on is null
        and markets.kind = 'customer industry'
        and markets.growth_rate is not null
        and markets.vintage <= extract(year from current_run.as_of_on)
        and markets.year < extract(year from current_run.cut_on)
)

select
    industry,
    growth_rate,
    cast(year as integer) as year
from ranked
where place = 1
