with

states as (
    select * from {{ ref('int_customer_states_classified') }}
    where run in ('current', 'prior') and is_customer
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

order_regions as (
    select
        customer_id,
        min(region) as region
    from {{ ref('int_orders_prepared') }}
    where region is not null
    group by customer_id
),

-- A group under one parent is one decision.
books as (
    select
        states.run,
        states.group_customer_id,
        customers.customer_type,
        coalesce(customers.region, customers.region_code, order_regions.region) as region,
        customers.industry,
        customers.acquisition_channel,
        states.revenue_net_12m as revenue
    from states
    inner join customers on states.customer_id = customers.customer_id
    left join order_regions on states.customer_id = order_regions.customer_id
),

-- What is not known is a bucket of its own.
buckets as (
    {% for cut, relation, expression in [
        ('customer', 'books', 'group_customer_id'),
        ('customer_type', 'books', 'customer_type'),
        ('region', 'books', 'region'),
        ('industry', 'books', 'industry'),
        ('source', 'books', 'acquisition_channel'),
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
    from {{ relation if relation == 'books' else ref(relation) }}
    group by
        run,
        coalesce({{ expression }}, 'unknown')
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- A share of a sum needs parts above zero: a bucket that gave back more than it brought is counted in revenue alone.
ranked as (
    select
        *,
        case when revenue > 0 then cast(revenue as double) else 0 end as weight,
        row_number() over (partition by cut, run order by revenue desc, bucket asc) as size_rank
    from buckets
),

measured as (
    select
        cut,
        run,
        sum(case when weight > 0 then 1 else 0 end) as buckets,
        sum(revenue) as revenue,
        sum(weight) as counted,
        sum(weight * weight) as squares,
        sum(case when size_rank <= 1 then weight else 0 end) as top1,
        sum(case when size_rank <= 5 then weight else 0 end) as top5,
        sum(case when size_rank <= 10 then weight else 0 end) as top10,
        sum(case when bucket = 'unknown' then weight else 0 end) as unknown,
        max(case when size_rank = 1 and weight > 0 then bucket end) as largest
    from ranked
    group by
        cut,
        run
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
inner join {{ ref('int_runs_prepared') }} as runs on measured.run = runs.run
