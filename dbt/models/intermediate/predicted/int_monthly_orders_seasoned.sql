-- Expected orders by month, each part of the book: purchases spread over the months as past years were, within the
-- model's own year. Renewals fall due and sessions follow their weddings by dates of their own, and stay as they are.
with

predicted as (
    select * from {{ source('predictions', 'monthly_orders') }}
),

factors as (
    select
        predicted.*,
        case when predicted.component = 'purchases' then seasons.factor else 1.0 end as factor,
        case when predicted.component = 'purchases' then seasons.factor_variance else 0.0 end as factor_variance,
        case when predicted.component = 'purchases' then seasons.reason else 'has dates of its own' end as reason
    from predicted
    left join {{ ref('int_purchase_seasons_estimated') }} as seasons
        on
            predicted.run = seasons.run
            and predicted.months_ahead = seasons.months_ahead
),

-- The year stays what it was.
scaled as (
    select
        *,
        factor * coalesce(
            sum(orders) over (partition by run, component)
            / nullif(sum(orders * factor) over (partition by run, component), 0), 1
        ) as season_factor
    from factors
)

select
    run,
    component,
    months_ahead,
    orders as even_orders,
    orders * season_factor as orders,
    process_variance * season_factor
    + parameter_variance * season_factor * season_factor
    + orders * orders * factor_variance as variance,
    season_factor,
    reason as season_reason
from scaled
