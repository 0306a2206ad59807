-- Every customer of the book has a row in fct_customer_value, whatever can be said of him, and the assessed residual
-- values are those that were predicted. A returned row is the difference.
with

book as (
    select count(*) as customers
    from {{ ref('dim_customers') }}
    where is_customer
),

valued as (
    select
        count(*) as customers,
        coalesce(sum(case when status = 'assessed' then residual_value end), 0) as residual_value,
        count(case when status = 'assessed' and residual_value is null then 1 end) as missing,
        count(case when residual_value < residual_low or residual_value > residual_high then 1 end) as outside
    from {{ ref('fct_customer_value') }}
),

predicted as (
    select coalesce(sum(forecasts.residual_value), 0) as residual_value
    from {{ source('predictions', 'customer_forecasts') }} as forecasts
    inner join {{ ref('fct_customer_value') }} as valued
        on
            forecasts.customer_id = valued.customer_id
            and valued.status = 'assessed'
    where forecasts.run = 'current' and forecasts.component != 'referral'
)

select
    book.customers,
    valued.customers as customers_valued,
    valued.residual_value,
    predicted.residual_value as residual_predicted
from book
cross join valued
cross join predicted
where
    book.customers != valued.customers
    or valued.missing > 0
    or valued.outside > 0
    or abs(valued.residual_value - predicted.residual_value) > 1 + 0.000001 * abs(predicted.residual_value)
