with

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

categories as (
    select * from {{ ref('int_customer_categories_aggregated') }}
),

whitespace as (
    select * from {{ ref('int_category_whitespace_computed') }}
),

-- Only who bought something itemised can be said not to have bought the rest.
buyers as (
    select distinct customer_id
    from categories
),

labelled as (
    {% for segmentation, expression in [
        ('all', "'all'"),
        ('customer_type', "coalesce(customers.customer_type, 'unknown')"),
        ('industry', "coalesce(customers.industry, 'unknown')"),
        ('rfm_segment', "coalesce(customers.rfm_segment, 'none')"),
        ('value_tier', "coalesce(customers.value_tier, 'none')"),
        (
            'peer_group',
            "coalesce(customers.customer_type, 'unknown') || ' ' || coalesce(customers.value_tier, 'none')",
        ),
    ] %}
    select
        '{{ segmentation }}' as segmentation,
        {{ expression }} as segment,
        customers.customer_id
    from customers
    inner join buyers on customers.customer_id = buyers.customer_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

segments as (
    select
        segmentation,
        segment,
        count(*) as customers
    from labelled
    group by
        segmentation,
        segment
),

bought as (
    select
        labelled.segmentation,
        labelled.segment,
        categories.category,
        count(*) as buyers,
        sum(case when categories.last_months_back < 12 then 1 else 0 end) as buyers_12m,
        sum(categories.revenue_net) as revenue_net,
        sum(categories.revenue_net_12m) as revenue_net_12m,
        case when count(categories.margin_net_12m) = count(*) then sum(categories.margin_net_12m) end as margin_net_12m
    from labelled
    inner join categories on labelled.customer_id = categories.customer_id
    group by
        labelled.segmentation,
        labelled.segment,
        categories.category
),

missing as (
    select
        labelled.segmentation,
        labelled.segment,
        whitespace.category,
        count(*) as customers,
        sum(whitespace.expected_revenue) as revenue,
        case when count(whitespace.expected_margin) = count(*) then sum(whitespace.expected_margin) end as margin
    from labelled
    inner join whitespace on labelled.customer_id = whitespace.customer_id
    group by
        labelled.segmentation,
        labelled.segment,
        whitespace.category
),

offered as (
    select
        category,
        buyers as book_buyers
    from bought
    where segmentation = 'all'
),

book as (
    select customers as book_customers
    from segments
    where segmentation = 'all'
)

-- Every segment meets every category: one that a segment never bought has a lift of zero, it is not absent.
select
    segments.segmentation,
    segments.segment,
    offered.category,
    cast(segments.customers as integer) as customers,
    cast(coalesce(bought.buyers, 0) as integer) as buyers,
    cast(coalesce(bought.buyers_12m, 0) as integer) as buyers_12m,
    {{ steady('coalesce(bought.buyers, 0) / cast(segments.customers as double)') }} as penetration,
    {{ steady(
        "coalesce(bought.buyers, 0) / cast(segments.customers as double)"
        " / (offered.book_buyers / cast(book.book_customers as double))"
    ) }} as lift,
    cast(coalesce(bought.revenue_net, 0) as {{ money() }}) as revenue_net,
    cast(coalesce(bought.revenue_net_12m, 0) as {{ money() }}) as revenue_net_12m,
    cast(case when bought.buyers is null then 0 else bought.margin_net_12m end as {{ money() }}) as margin_net_12m,
    cast(coalesce(missing.customers, 0) as integer) as whitespace_customers,
    cast(coalesce(missing.revenue, 0) as {{ money() }}) as whitespace_revenue,
    cast(case when missing.customers is null then 0 else missing.margin end as {{ money() }}) as whitespace_margin
from segments
cross join offered
cross join book
left join bought
    on
        segments.segmentation = bought.segmentation
        and segments.segment = bought.segment
        and offered.category = bought.category
left join missing
    on
        segments.segmentation = missing.segmentation
        and segments.segment = missing.segment
        and offered.category = missing.category
