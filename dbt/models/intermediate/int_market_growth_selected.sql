-- The reference growth that counts for each industry: of the region assessed, or where that has none of the region
-- with the most years; the last calendar year that was over at as-of; its newest vintage published by then. A forecast
-- for the year under way is no measurement.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

known as (
    select
        coalesce(reference.kind, 'own market') as kind,
        reference.industry,
        reference.region,
        reference.year,
        reference.market_size,
        reference.growth_rate,
        reference.vintage,
        coalesce(reference.region = current_run.market_region, false) as is_own_region,
        count(*) over (
            partition by coalesce(reference.kind, 'own market'), reference.industry, reference.region
        ) as years
    from {{ ref('stg_crm__market_reference') }} as reference
    cross join current_run
    where
        reference.removed_on is null
        and reference.year < extract(year from current_run.as_of_on)
        and reference.vintage <= extract(year from current_run.as_of_on)
        and reference.growth_rate is not null
),

ranked as (
    select
        *,
        row_number() over (
            partition by kind, industry
            order by
                case when is_own_region then 0 else 1 end,
                years desc,
                region asc,
                year desc,
                vintage desc
        ) as preference
    from known
)

select
    ranked.kind,
    ranked.industry,
    ranked.region,
    cast(ranked.year as integer) as reference_year,
    cast(ranked.vintage as integer) as vintage,
    ranked.market_size,
    cast(ranked.growth_rate as double) as growth_rate,
    ranked.kind = 'own market' and coalesce(ranked.industry = current_run.market_industry, false) as is_own_market
from ranked
cross join current_run
where ranked.preference = 1
