-- Two ways to read the same change: by customer (new, returned, lost, and price, volume, mix of those who stayed) and
-- by product (price, volume, mix of everything sold), which is the one for a trade whose customers buy once.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select
        customer_id,
        group_customer_id
    from {{ ref('int_customers_unioned') }}
),

months as (
    select
        customers.group_customer_id,
        cast(floor(months.months_back / 12.0) as integer) as year_index,
        months.orders,
        months.revenue_net
    from {{ ref('int_customer_months_aggregated') }} as months
    inner join customers on months.customer_id = customers.customer_id
    where months.months_back >= 0
),

-- Revenue of nobody known: it counts in the total and can be neither new nor lost.
unknown_years as (
    select
        cast(floor(days.months_back / 12.0) as integer) as year_index,
        sum(events.revenue_net) as revenue
    from {{ ref('int_revenue_events_unioned') }} as events
    inner join {{ ref('int_calendar_days_spined') }} as days on events.occurred_on = days.day_on
    where events.customer_id is null and days.months_back between 0 and 35
    group by cast(floor(days.months_back / 12.0) as integer)
),

group_years as (
    select
        group_customer_id,
        year_index,
        sum(revenue_net) as revenue,
        sum(orders) > 0 or sum(revenue_net) > 0 as is_buying
    from months
    group by
        group_customer_id,
        year_index
),

reach as (
    select max(year_index) as last_year
    from group_years
),

numbers as (
    {{ number_rows(2) }}
),

-- 0 is the year that ends at as-of against the one before, 1 the one before that. A year without a book before it has
-- no bridge.
bridges as (
    select numbers.n - 1 as years_back
    from numbers
    cross join reach
    where numbers.n <= reach.last_year
),

standing as (
    select
        bridges.years_back,
        group_years.group_customer_id,
        sum(case when group_years.year_index = bridges.years_back then group_years.revenue else 0 end) as revenue_to,
        sum(case when group_years.year_index = bridges.years_back + 1 then group_years.revenue else 0 end)
            as revenue_from,
        max(case when group_years.year_index = bridges.years_back and group_years.is_buying then 1 else 0 end) as is_to,
        max(case when group_years.year_index = bridges.years_back + 1 and group_years.is_buying then 1 else 0 end)
            as is_from,
        max(case when group_years.year_index > bridges.years_back + 1 and group_years.is_buying then 1 else 0 end)
            as is_before
    from group_years
    inner join bridges on group_years.year_index >= bridges.years_back
    group by
        bridges.years_back,
        group_years.group_customer_id
),

groups as (
    select
        *,
        case
            when is_to = 1 and is_from = 1 then 'stayed'
            when is_to = 1 and is_before = 1 then 'returned'
            when is_to = 1 then 'new'
            when is_from = 1 then 'lost'
            -- Refunds of older purchases, from somebody who bought in neither year.
            else 'refunds'
        end as movement
    from standing
),

-- Only where orders carry the revenue do their lines explain it.
sold as (
    select
        customers.group_customer_id,
        products.category,
        products.basis,
        products.product_key,
        cast(floor(products.months_back / 12.0) as integer) as year_index,
        sum(products.quantity) as quantity,
        sum(products.sales) as sales
    from {{ ref('int_product_months_aggregated') }} as products
    cross join current_run
    left join customers on products.customer_id = customers.customer_id
    where products.months_back between 0 and 35 and current_run.revenue_source = 'orders'
    group by
        customers.group_customer_id,
        products.category,
        products.basis,
        products.product_key,
        cast(floor(products.months_back / 12.0) as integer)
),

-- Of who stayed, the price of a product is what the same group paid for it: an average over customers would take
-- bigger contracts for dearer ones.
scoped as (
    select
        'product' as bridge,
        bridges.years_back,
        '' as buyer,
        sold.*
    from sold
    inner join bridges on sold.year_index in (bridges.years_back, bridges.years_back + 1)

    union all

    select
        'customer' as bridge,
        groups.years_back,
        sold.group_customer_id as buyer,
        sold.*
    from sold
    inner join groups
        on
            sold.group_customer_id = groups.group_customer_id
            and sold.year_index in (groups.years_back, groups.years_back + 1)
    where groups.movement = 'stayed'
),

products as (
    select
        bridge,
        years_back,
        buyer,
        category,
        basis,
        product_key,
        sum(case when year_index = years_back then quantity else 0 end) as quantity_to,
        sum(case when year_index = years_back + 1 then quantity else 0 end) as quantity_from,
        sum(case when year_index = years_back then sales else 0 end) as sales_to,
        sum(case when year_index = years_back + 1 then sales else 0 end) as sales_from
    from scoped
    group by
        bridge,
        years_back,
        buyer,
        category,
        basis,
        product_key
),

weighed as (
    select
        *,
        sum(quantity_from) over category_of_bridge as category_quantity_from,
        sum(quantity_to) over category_of_bridge as category_quantity_to
    from products
    window category_of_bridge as (partition by bridge, years_back, category)
),

-- Units of one category are alike enough to be added up; its growth moves all its products alike. What a product sold
-- beyond that is mix. A category without units before is volume, whole; a product without units in either year has no
-- price to compare.
effects as (
    select
        *,
        cast(
            case
                when category_quantity_from > 0 and category_quantity_to >= 0
                    then sales_from * (category_quantity_to / category_quantity_from - 1)
                when category_quantity_from = 0 then sales_to
                else 0
            end as {{ money() }}
        ) as volume,
        cast(
            case
                when quantity_from > 0 and quantity_to > 0 then sales_to - quantity_to * (sales_from / quantity_from)
                else 0
            end as {{ money() }}
        ) as price
    from weighed
),

explained as (
    select
        bridge,
        years_back,
        category,
        sum(price) as price,
        sum(volume) as volume,
        sum(sales_to - sales_from - price - volume) as mix,
        sum(sales_to - sales_from) as change,
        sum(case when basis = 'order_lines' then abs(sales_to) + abs(sales_from) else 0 end) as itemised,
        sum(abs(sales_to) + abs(sales_from)) as traded
    from effects
    group by
        bridge,
        years_back,
        category
),

known as (
    select
        years_back,
        sum(revenue_from) as revenue_from,
        sum(revenue_to) as revenue_to,
        sum(case when movement = 'stayed' then revenue_to - revenue_from else 0 end) as stayed_change,
        sum(case when movement = 'refunds' then revenue_to - revenue_from else 0 end) as refunds_change
    from groups
    group by years_back
),

totals as (
    select
        bridges.years_back,
        coalesce(known.revenue_from, 0) + coalesce(unknown_from.revenue, 0) as revenue_from,
        coalesce(known.revenue_to, 0) + coalesce(unknown_to.revenue, 0) as revenue_to,
        coalesce(unknown_to.revenue, 0) - coalesce(unknown_from.revenue, 0) as unknown_change,
        known.stayed_change,
        known.refunds_change
    from bridges
    left join known on bridges.years_back = known.years_back
    left join unknown_years as unknown_to on bridges.years_back = unknown_to.year_index
    left join unknown_years as unknown_from on bridges.years_back + 1 = unknown_from.year_index
),

explained_totals as (
    select
        bridge,
        years_back,
        sum(change) as change,
        sum(itemised) as itemised,
        sum(traded) as traded
    from explained
    group by
        bridge,
        years_back
),

components as (
    {% for component in ['price', 'volume', 'mix'] %}
    select
        bridge,
        years_back,
        '{{ component }}' as component,
        category,
        {{ component }} as amount
    from explained
    union all
    {% endfor %}

    select
        'customer' as bridge,
        years_back,
        movement as component,
        '' as category,
        sum(revenue_to - revenue_from) as amount
    from groups
    where movement in ('new', 'returned', 'lost')
    group by
        years_back,
        movement

    union all

    select
        'customer' as bridge,
        years_back,
        'unknown_customer' as component,
        '' as category,
        unknown_change as amount
    from totals

    union all

    -- What no quantity explains: refunds, rounding, and all of it where invoices or contracts carry the revenue.
    select
        'customer' as bridge,
        totals.years_back,
        'unsplit' as component,
        '' as category,
        totals.stayed_change + totals.refunds_change - coalesce(explained_totals.change, 0) as amount
    from totals
    left join explained_totals
        on
            totals.years_back = explained_totals.years_back
            and explained_totals.bridge = 'customer'

    union all

    select
        'product' as bridge,
        totals.years_back,
        'unsplit' as component,
        '' as category,
        totals.revenue_to - totals.revenue_from - coalesce(explained_totals.change, 0) as amount
    from totals
    left join explained_totals
        on
            totals.years_back = explained_totals.years_back
            and explained_totals.bridge = 'product'
)

select
    components.bridge,
    cast({{ dbt.dateadd('day', -1, add_months('current_run.cut_on', '-12 * components.years_back')) }} as date)
        as year_end_on,
    cast(components.years_back as integer) as years_back,
    components.component,
    components.category,
    cast(coalesce(components.amount, 0) as {{ money() }}) as amount,
    cast(totals.revenue_from as {{ money() }}) as revenue_from,
    cast(totals.revenue_to as {{ money() }}) as revenue_to,
    {{ steady(
        "coalesce(cast(explained_totals.itemised as double) / nullif(cast(explained_totals.traded as double), 0), 0)"
    ) }} as itemised_share
from components
inner join totals on components.years_back = totals.years_back
cross join current_run
left join explained_totals
    on
        components.bridge = explained_totals.bridge
        and components.years_back = explained_totals.years_back
