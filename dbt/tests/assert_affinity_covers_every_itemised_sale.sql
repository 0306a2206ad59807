{{ config(meta={'dagster': {'ref': {'name': 'fct_category_affinity'}}}) }}
-- Each segmentation divides the same itemised purchases. A returned row is a segmentation and category whose buyers or
-- money are not those of the book.
with

book as (
    select
        category,
        count(*) as buyers,
        sum(revenue_net) as revenue_net
    from {{ ref('int_customer_categories_aggregated') }}
    group by category
)

select
    affinity.segmentation,
    affinity.category,
    sum(affinity.buyers) as buyers,
    book.buyers as buyers_of_the_book
from {{ ref('fct_category_affinity') }} as affinity
left join book on affinity.category = book.category
group by
    affinity.segmentation,
    affinity.category,
    book.buyers,
    book.revenue_net
having
    book.buyers is null
    or sum(affinity.buyers) != book.buyers
    or sum(affinity.revenue_net) != book.revenue_net
