-- What each customer ever bought by category, and how much of it in the twelve months that end at as-of. Orders nobody
-- itemised and products of no known category say nothing about taste.
with

products as (
    select * from {{ ref('int_product_months_aggregated') }}
    where
        customer_id is not null
        and basis = 'order_lines'
        and category != 'unknown'
)

select
    customer_id,
    category,
    max(months_back) as first_months_back,
    min(case when sales > 0 then months_back end) as last_months_back,
    cast(sum(sales - refunds) as {{ money() }}) as revenue_net,
    cast(sum(case when months_back < 12 then sales - refunds else 0 end) as {{ money() }}) as revenue_net_12m,
    -- A sale of unknown margin makes the sum unknown.
    cast(
        case when count(case when months_back < 12 then 1 end) = count(case when months_back < 12 then margin end)
            then coalesce(sum(case when months_back < 12 then margin - refunds end), 0)
        end as {{ money() }}
    ) as margin_net_12m
from products
group by
    customer_id,
    category
having sum(case when sales > 0 then quantity else 0 end) > 0
