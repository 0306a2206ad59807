{% set runs = ['current', 'prior'] %}
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'prior')
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

keys as (
    select * from {{ ref('int_customer_keys') }}
    where is_stranger
),

order_regions as (
    select
        customer_key,
        min(region) as region
    from {{ ref('int_orders_prepared') }}
    where region is not null and customer_key is not null
    group by customer_key
    union all
    select
        keys.customer_key,
        min(orders.region) as region
    from {{ ref('int_orders_prepared') }} as orders
    inner join keys on orders.customer_id = keys.customer_id
    where orders.region is not null and orders.customer_key is null
    group by keys.customer_key
),

{% for run in runs %}
{{ run }}_book as (
    select
        states.customer_key,
        states.revenue_net_12m as revenue
    from {{ ref('int_customer_states_keyed') }} as states
    inner join runs on states.months_shift = runs.months_shift and runs.run = '{{ run }}'
    where states.is_customer
),

{% endfor %}
-- Both books beside each other: null is whoever was no customer then.
books as (
    select
        customers.group_customer_key,
        customers.customer_type,
        coalesce(customers.region, customers.region_code, order_regions.region) as region,
        customers.industry,
        customers.acquisition_channel,
        {% for run in runs %}
        {{ run }}_book.revenue as revenue_{{ run }} {{- ',' if not loop.last }}
        {% endfor %}
    from customers
    {% for run in runs %}
    left join {{ run }}_book on customers.customer_key = {{ run }}_book.customer_key
    {% endfor %}
    left join order_regions on customers.customer_key = order_regions.customer_key
),

-- One pass over the books: a few combinations of all cuts.
combinations as (
    select
        {% for run in runs %}
        sum(revenue_{{ run }}) as revenue_{{ run }},
        {% endfor %}
        customer_type,
        region,
        industry,
        acquisition_channel
    from books
    group by
        customer_type,
        region,
        industry,
        acquisition_channel
),

-- A group under one parent is one decision.
grouped as (
    select
        {% for run in runs %}
        sum(revenue_{{ run }}) as revenue_{{ run }},
        {% endfor %}
        group_customer_key
    from books
    group by group_customer_key
),

combined as (
    {% for run in runs %}
    select
        '{{ run }}' as run,
        customer_type,
        region,
        industry,
        acquisition_channel,
        revenue_{{ run }} as revenue
    from combinations
    where revenue_{{ run }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

groups as (
    {% for run in runs %}
    select
        'customer' as cut,
        '{{ run }}' as run,
        group_customer_key,
        revenue_{{ run }} as revenue
    from grouped
    where revenue_{{ run }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- What is not known is a bucket of its own.
buckets as (
    {% for cut, relation, expression in [
        ('customer_type', 'combined', 'customer_type'),
        ('region', 'combined', 'region'),
        ('industry', 'combined', 'industry'),
        ('source', 'combined', 'acquisition_channel'),
        ('channel', 'int_order_cuts_aggregated', 'channel'),
        ('salesperson', 'int_order_cuts_aggregated', 'sales_staff_id'),
        ('partner', 'int_order_cuts_aggregated', 'partner_id'),
        ('product', 'int_line_cuts_aggregated', 'product'),
        ('category', 'int_line_cuts_aggregated', 'category'),
    ] %}
    select
        '{{ cut }}' as cut,
        run,
        coalesce({{ expression }}, 'unknown') as bucket,
        sum(revenue) as revenue
    from {{ relation if relation == 'combined' else ref(relation) }}
    group by
        run,
        coalesce({{ expression }}, 'unknown')
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Of all groups only the largest need a place and a name.
largest_groups as (
    {% for run in runs %}
    select * from (
        select
            cut,
            run,
            group_customer_key,
            revenue
        from groups
        where run = '{{ run }}'
        order by revenue desc, group_customer_key asc
        limit 20
    ) as of_{{ run }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

names as (
    select distinct
        customers.group_customer_key,
        customers.group_customer_id
    from customers
    inner join largest_groups on customers.group_customer_key = largest_groups.group_customer_key
),

sized as (
    select
        cut,
        run,
        bucket,
        revenue
    from buckets
    union all
    select
        largest_groups.cut,
        largest_groups.run,
        names.group_customer_id as bucket,
        largest_groups.revenue
    from largest_groups
    inner join names on largest_groups.group_customer_key = names.group_customer_key
),

-- A share of a sum needs parts above zero: a bucket that gave back more than it brought is counted in revenue alone.
ranked as (
    select
        cut,
        run,
        bucket,
        case when revenue > 0 then cast(revenue as double) else 0 end as weight,
        row_number() over (partition by cut, run order by revenue desc, bucket asc) as size_rank
    from sized
),

tops as (
    select
        cut,
        run,
        sum(case when size_rank <= 1 then weight else 0 end) as top1,
        sum(case when size_rank <= 5 then weight else 0 end) as top5,
        sum(case when size_rank <= 10 then weight else 0 end) as top10,
        sum(case when bucket = 'unknown' then weight else 0 end) as unknown,
        max(case when size_rank = 1 and weight > 0 then bucket end) as largest
    from ranked
    group by
        cut,
        run
),

summed as (
    select
        cut,
        run,
        sum(case when revenue > 0 then 1 else 0 end) as buckets,
        sum(revenue) as revenue,
        sum(case when revenue > 0 then cast(revenue as double) else 0 end) as counted,
        sum(case when revenue > 0 then cast(revenue as double) * cast(revenue as double) else 0 end) as squares
    from (
        select
            cut,
            run,
            revenue
        from buckets
        union all
        select
            cut,
            run,
            revenue
        from groups
    ) as parts
    group by
        cut,
        run
),

measured as (
    select
        summed.*,
        tops.top1,
        tops.top5,
        tops.top10,
        tops.unknown,
        tops.largest
    from summed
    inner join tops on summed.cut = tops.cut and summed.run = tops.run
)

select
    measured.cut,
    measured.run,
    runs.window_start_on,
    runs.as_of_on as window_end_on,
    cast(measured.buckets as integer) as buckets,
    cast(measured.revenue as {{ money() }}) as revenue,
    {{ steady('squares / nullif(counted * counted, 0)') }} as hhi,
    {{ steady('counted * counted / nullif(squares, 0)') }} as effective_number,
    {{ steady('top1 / nullif(counted, 0)') }} as top1_share,
    {{ steady('top5 / nullif(counted, 0)') }} as top5_share,
    {{ steady('top10 / nullif(counted, 0)') }} as top10_share,
    {{ steady('unknown / nullif(counted, 0)') }} as unknown_share,
    measured.largest
from measured
inner join runs on measured.run = runs.run
