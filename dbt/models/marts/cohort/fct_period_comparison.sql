with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customer_months as (
    select * from {{ ref('int_customer_months_aggregated') }}
),

first_orders as (
    select
        customer_id,
        max(months_back) as first_months_back
    from customer_months
    where orders > 0
    group by customer_id
),

-- Periods of twelve months and of one, counted back from as-of.
activity as (
    select
        customer_months.customer_id,
        customer_months.months_back,
        cast(floor(customer_months.months_back / 12.0) as integer) as years_back,
        customer_months.orders,
        customer_months.revenue_net,
        customer_months.margin_net,
        case
            when customer_months.orders > 0 then customer_months.customer_id
        end as buyer_id,
        case
            when customer_months.orders > 0 and first_orders.first_months_back = customer_months.months_back
                then customer_months.customer_id
        end as new_buyer_id
    from customer_months
    left join first_orders on customer_months.customer_id = first_orders.customer_id
    where customer_months.months_back between 0 and 23
),

measured as (
    {% for period_type, period in [('month', 'months_back'), ('window', 'years_back')] %}
    select
        '{{ period_type }}' as period_type,
        {{ period }} as periods_back,
        cast(sum(revenue_net) as double) as revenue_net,
        -- One unknown margin makes the sum unknown.
        cast(case when count(margin_net) = count(*) then sum(margin_net) end as double) as margin_net,
        cast(sum(orders) as double) as orders,
        cast(count(distinct buyer_id) as double) as buyers,
        cast(count(distinct new_buyer_id) as double) as new_buyers
    from activity
    group by {{ period }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
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
