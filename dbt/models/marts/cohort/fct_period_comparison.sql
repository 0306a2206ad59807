with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customer_months as (
    select * from {{ ref('int_customer_months_keyed') }}
),

-- What a customer is to the two years, in one row. First months come eightfold, plus their orders.
buyers as (
    select
        {{ list_item('first_order_months', 1) }} >> 3 as first_months_back,
        case when orders_y0 > 0 then 1 else 0 end as bought_0,
        case when orders_y1 > 0 then 1 else 0 end as bought_1
    from {{ ref('int_customer_totals_keyed') }}
    where first_order_on is not null
),

first_orders as (
    select
        first_months_back as months_back,
        count(*) as new_buyers
    from buyers
    group by first_months_back
),

-- Periods of twelve months and of one, counted back from as-of.
months as (
    select
        months_back,
        cast(floor(months_back / 12.0) as integer) as years_back,
        sum(revenue_net) as revenue_net,
        sum(margin_net) as margin_net,
        count(*) - count(margin_net) as unknown_margins,
        sum(orders) as orders,
        sum(case when orders > 0 then 1 else 0 end) as buying_rows
    from customer_months
    where months_back between 0 and 23
    group by months_back
),

-- Two calendar months can share a month counted back from as-of: one buyer, not two.
counted_twice as (
    select
        months_back,
        count(*) as buyers
    from (
        select
            customer_months.customer_key,
            customer_months.months_back
        from customer_months
        inner join current_run on current_run.cut_on != {{ month_of('current_run.cut_on') }}
        where customer_months.orders > 0 and customer_months.months_back between 0 and 23
        group by
            customer_months.customer_key,
            customer_months.months_back
        having count(*) > 1
    ) as split_months
    group by months_back
),

years as (
    select
        months.years_back,
        sum(months.revenue_net) as revenue_net,
        sum(months.margin_net) as margin_net,
        sum(months.unknown_margins) as unknown_margins,
        sum(months.orders) as orders,
        sum(coalesce(first_orders.new_buyers, 0)) as new_buyers
    from months
    left join first_orders on months.months_back = first_orders.months_back
    group by months.years_back
),

bought as (
    select
        sum(bought_0) as buyers_0,
        sum(bought_1) as buyers_1
    from buyers
),

-- One unknown margin makes the sum unknown.
measured as (
    select
        'month' as period_type,
        months.months_back as periods_back,
        cast(months.revenue_net as double) as revenue_net,
        cast(case when months.unknown_margins = 0 then months.margin_net end as double) as margin_net,
        cast(months.orders as double) as orders,
        cast(months.buying_rows - coalesce(counted_twice.buyers, 0) as double) as buyers,
        cast(coalesce(first_orders.new_buyers, 0) as double) as new_buyers
    from months
    left join first_orders on months.months_back = first_orders.months_back
    left join counted_twice on months.months_back = counted_twice.months_back
    union all
    select
        'window' as period_type,
        years.years_back as periods_back,
        cast(years.revenue_net as double) as revenue_net,
        cast(case when years.unknown_margins = 0 then years.margin_net end as double) as margin_net,
        cast(years.orders as double) as orders,
        cast(case when years.years_back = 0 then bought.buyers_0 else bought.buyers_1 end as double) as buyers,
        cast(years.new_buyers as double) as new_buyers
    from years
    cross join bought
),

{% set measures = ['revenue_net', 'margin_net', 'orders', 'buyers', 'new_buyers'] %}
long as (
    {% for measure in measures %}
    select
        period_type,
        periods_back,
        '{{ measure }}' as measure,
        {{ measure }} as value
    from measured
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

numbers as (
    {{ number_rows(12) }}
),

-- Every period of the last year, also one in which nothing happened.
periods as (
    select
        'month' as period_type,
        n - 1 as periods_back,
        12 as a_year,
        n as months_to_start,
        n - 1 as months_to_close
    from numbers
    union all
    select
        'window' as period_type,
        0 as periods_back,
        1 as a_year,
        12 as months_to_start,
        0 as months_to_close
),

-- A book without any order in both years has nothing to compare.
measures as (
    select distinct measure from long
),

compared as (
    select
        periods.period_type,
        periods.periods_back,
        measures.measure,
        {{ add_months('current_run.cut_on', '-periods.months_to_start') }} as starts_on,
        cast({{ dbt.dateadd('day', -1, add_months('current_run.cut_on', '-periods.months_to_close')) }} as date)
            as ends_on,
        -- No event in a period is nothing sold; an unknown margin stays unknown.
        case when this_year.measure is null then 0 else this_year.value end as value,
        case when year_before.measure is null then 0 else year_before.value end as prior_value
    from periods
    cross join measures
    cross join current_run
    left join long as this_year
        on
            periods.period_type = this_year.period_type
            and periods.periods_back = this_year.periods_back
            and measures.measure = this_year.measure
    left join long as year_before
        on
            periods.period_type = year_before.period_type
            and periods.periods_back + periods.a_year = year_before.periods_back
            and measures.measure = year_before.measure
)

select
    period_type,
    cast(periods_back as integer) as periods_back,
    measure,
    starts_on,
    ends_on,
    {{ steady('value') }} as value,
    {{ steady('prior_value') }} as prior_value,
    {{ steady('value - prior_value') }} as change,
    {{ steady('(value - prior_value) / nullif(abs(prior_value), 0)') }} as change_share
from compared
