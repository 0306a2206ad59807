-- Value of the book: what was lost, what it could take up, where customers stand and what is owed to them. Shares of
-- money come from int_ratio_parts_book_value, what the models predict from elsewhere.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

lost as (
    select * from {{ ref('int_customers_lost_valued') }}
),

-- Who could have been lost: nobody lost is a figure, not a gap.
opening as (
    select count(*) as customers
    from {{ ref('int_customer_states_classified') }}
    where run = 'prior' and is_active
),

judged_orders as (
    select count(*) as orders
    from {{ ref('fct_orders') }}
    where not is_cancelled and not is_return
),

whitespace as (
    select * from {{ ref('int_category_whitespace_computed') }}
),

products as (
    select * from {{ ref('stg_crm__products') }}
    where removed_on is null
),

-- Orders of the window that hold a core product, and the extras that went with it.
core_orders as (
    select
        orders.order_id,
        coalesce(orders.order_kind, 'unknown') as order_kind,
        sum(case when products.role in ('add_on', 'service') then lines.quantity else 0 end) as extras,
        max(case when products.role in ('add_on', 'service') then 1 else 0 end) as has_extra
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    inner join {{ ref('int_order_lines_prepared') }} as lines on orders.order_id = lines.order_id
    inner join products on lines.product_id = products.product_id
    where
        not orders.is_cancelled
        and not orders.is_return
        and not lines.is_return
        and orders.ordered_on >= current_run.window_start_on
        and orders.ordered_on < current_run.cut_on
    group by
        orders.order_id,
        coalesce(orders.order_kind, 'unknown')
    having max(case when products.role = 'core' then 1 else 0 end) = 1
),

-- Mean order of the window against the mean of all before it, for who bought in both.
order_values as (
    select
        customer_id,
        sum(case when months_back < 12 then revenue_net else 0 end)
        / nullif(cast(sum(case when months_back < 12 then orders else 0 end) as double), 0) as value_now,
        sum(case when months_back >= 12 then revenue_net else 0 end)
        / nullif(cast(sum(case when months_back >= 12 then orders else 0 end) as double), 0) as value_before
    from {{ ref('int_customer_months_aggregated') }}
    where months_back >= 0
    group by customer_id
),

upsold as (
    select
        count(*) as customers,
        sum(case when value_now > value_before then 1 else 0 end) as upsold
    from order_values
    where value_now is not null and value_before is not null
),

stages as (
    select
        lifecycle_stage,
        count(*) as customers,
        sum(count(*)) over () as all_customers,
        sum(case when is_active then 1 else 0 end) as active
    from customers
    group by lifecycle_stage
),

dwell as (
    select * from {{ ref('int_stage_dwell_estimated') }}
),

-- A step up: bought for the first time, stayed on, came back.
moves as (
    select
        from_stage,
        to_stage,
        customers,
        from_customers,
        case
            when from_stage = 'prospect' then to_stage != 'prospect'
            when from_stage = 'new' then to_stage = 'active'
            when from_stage in ('lapsing', 'completed', 'lost') then to_stage in ('new', 'active', 'won_back')
            else false
        end as is_step_up,
        from_stage in ('prospect', 'new', 'lapsing', 'completed', 'lost') as can_step_up
    from {{ ref('fct_lifecycle_transitions') }}
    where period_type = 'year' and months_back = 0
),

backlog as (
    select * from {{ ref('fct_backlog') }}
),

measured as (
    select
        'value_lost_12m' as indicator_code,
        '' as breakdown,
        '' as breakdown_value,
        cast(
            case when count(lost.customer_id) = count(lost.margin_lost) then coalesce(sum(lost.margin_lost), 0) end
            as double
        ) as value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        max(opening.customers) as n,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high
    from opening
    left join lost on true
    union all
    select
        'value_lost_12m',
        'reason',
        coalesce(reason, 'unknown'),
        case when count(margin_lost) = count(*) then sum(margin_lost) end,
        null,
        null,
        count(*),
        null,
        null
    from lost
    group by coalesce(reason, 'unknown')
    union all
    select
        'cross_sell_whitespace',
        '',
        '',
        case when count(expected_margin) = count(*) then sum(expected_margin) end,
        null,
        null,
        count(distinct customer_id),
        null,
        null
    from whitespace
    union all
    select
        'cross_sell_whitespace',
        'category',
        category,
        case when count(expected_margin) = count(*) then sum(expected_margin) end,
        null,
        null,
        count(*),
        null,
        null
    from whitespace
    group by category
    union all
    select
        'add_on_attach_rate',
        '',
        '',
        null,
        sum(has_extra),
        count(*),
        count(*),
        null,
        null
    from core_orders
    union all
    select
        'add_on_attach_rate',
        'order_kind',
        order_kind,
        null,
        sum(has_extra),
        count(*),
        count(*),
        null,
        null
    from core_orders
    group by order_kind
    union all
    select
        'add_on_attach_rate',
        'measure',
        'extras_per_order',
        avg(extras),
        sum(extras),
        count(*),
        count(*),
        null,
        null
    from core_orders
    union all
    select
        'upsell_rate',
        '',
        '',
        null,
        upsold,
        customers,
        customers,
        null,
        null
    from upsold
    union all
    select
        'lifecycle_stage_mix',
        '',
        '',
        null,
        sum(active),
        max(all_customers),
        max(all_customers),
        null,
        null
    from stages
    union all
    select
        'lifecycle_stage_mix',
        'stage',
        lifecycle_stage,
        null,
        customers,
        all_customers,
        all_customers,
        null,
        null
    from stages
    union all
    select
        'stage_dwell',
        case when stage = 'any_active' then '' else 'stage' end,
        case when stage = 'any_active' then '' else stage end,
        median_months,
        null,
        null,
        stays,
        null,
        null
    from dwell
    union all
    select
        'stage_conversion',
        '',
        '',
        null,
        sum(case when is_step_up then customers else 0 end),
        sum(customers),
        sum(customers),
        null,
        null
    from moves
    where can_step_up
    union all
    select
        'stage_conversion',
        'from_stage',
        from_stage,
        null,
        sum(case when is_step_up then customers else 0 end),
        sum(customers),
        sum(customers),
        null,
        null
    from moves
    where can_step_up
    group by from_stage
    union all
    select
        'deposits_liability',
        '',
        '',
        coalesce(sum(backlog.deposits_liability), 0),
        null,
        null,
        max(judged_orders.orders),
        null,
        null
    from judged_orders
    left join backlog on true
    union all
    select
        'deposits_liability',
        'event_month',
        event_period,
        sum(deposits_liability),
        null,
        null,
        sum(orders),
        null,
        null
    from backlog
    group by event_period
    union all
    select
        'order_backlog',
        '',
        '',
        coalesce(sum(backlog.undelivered_value), 0),
        null,
        null,
        max(judged_orders.orders),
        null,
        null
    from judged_orders
    left join backlog on true
    union all
    select
        'order_backlog',
        'event_month',
        event_period,
        sum(undelivered_value),
        null,
        null,
        sum(orders),
        null,
        null
    from backlog
    group by event_period
)

select
    indicator_code,
    breakdown,
    breakdown_value,
    cast(value as double) as value,
    cast(numerator as double) as numerator,
    cast(denominator as double) as denominator,
    cast(n as bigint) as n,
    ci_low,
    ci_high
from measured
