{{ config(meta={'dagster': {'ref': {'name': 'fct_segments'}}}) }}
-- Every way of segmenting cuts the same book: a join to a second run that fans out doubles it. A returned row is a
-- segmentation that does not add up to it.
with

book as (
    select
        count(*) as customers,
        coalesce(sum(revenue_net_12m), 0) as revenue,
        coalesce(sum(order_count), 0) as orders
    from {{ ref('dim_customers') }}
    where is_customer
)

select
    segments.segmentation,
    sum(segments.customers) as customers,
    sum(segments.revenue_net_12m) as revenue
from {{ ref('fct_segments') }} as segments
cross join book
group by
    segments.segmentation,
    book.customers,
    book.revenue,
    book.orders
having
    sum(segments.customers) != book.customers
    or sum(segments.revenue_net_12m) != book.revenue
    or sum(segments.orders) != book.orders
