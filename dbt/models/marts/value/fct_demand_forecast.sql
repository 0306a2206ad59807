with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

ahead as (
    {{ number_rows(12) }}
),

existing as (
    select
        months_ahead,
        sum(orders) as orders,
        sum(variance) as variance,
        sum(orders) / nullif(sum(even_orders), 0) as season_factor,
        max(case when component = 'purchases' then 1 else 0 end) = 1 as has_purchases,
        max(case when component = 'purchases' then season_reason end) as season_reason
    from {{ ref('int_monthly_orders_seasoned') }}
    where run = 'current' and component != 'referral'
    group by months_ahead
),

members as (
    select distinct
        run,
        'residual' as kind,
        '' as breakdown,
        '' as breakdown_value,
        customer_id,
        1 as weight
    from {{ source('predictions', 'customer_forecasts') }}
    where run = 'current' and component != 'referral'
),

existing_year as (
    {{ forecasts_by_group('members') }}
),

-- Orders of each of the last years by customers who were not in the book when that year began: what newcomers bring.
firsts as (
    select
        customer_id,
        max(months_back) as first_months_back
    from {{ ref('int_customer_months_aggregated') }}
    where orders > 0
    group by customer_id
),

newcomer_orders as (
    select
        12 - months.months_back % 12 as months_ahead,
        case when months.months_back < 12 then 0 else 1 end as years_back,
        sum(months.order_days) as orders
    from {{ ref('int_customer_months_aggregated') }} as months
    inner join firsts on months.customer_id = firsts.customer_id
    where
        months.months_back between 0 and 23
        and firsts.first_months_back < case when months.months_back < 12 then 12 else 24 end
    group by
        12 - months.months_back % 12,
        case when months.months_back < 12 then 0 else 1 end
),

newcomer_years as (
    select
        coalesce(sum(case when years_back = 0 then orders end), 0) as last_year,
        coalesce(sum(case when years_back = 1 then orders end), 0) as year_before
    from newcomer_orders
),

growth as (
    select
        case
            when last_year = 0 or year_before = 0 then 1.0
            when abs(ln(last_year / cast(year_before as double))) < 0.1 then 0.1
            else abs(ln(last_year / cast(year_before as double)))
        end as spread
    from newcomer_years
),

-- As many as last year, month by month. The doubt is chance, and that a year differs from the one before by as much as
-- the last two did, by a tenth at least.
newcomers as (
    select
        ahead.n as months_ahead,
        coalesce(last_year.orders, 0) as orders,
        coalesce(last_year.orders, 0) + power(coalesce(last_year.orders, 0) * growth.spread, 2) as variance
    from ahead
    cross join growth
    left join newcomer_orders as last_year on ahead.n = last_year.months_ahead and last_year.years_back = 0
),

newcomer_totals as (
    select
        sum(orders) as orders,
        sum(orders) + power(
            sum(orders) * max(
                case when orders > 0 then sqrt(greatest(variance - orders, 0)) / cast(orders as double) end
            ), 2
        ) as variance
    from newcomers
),

parts as (
    select
        'existing_customers' as part,
        'month' as period,
        months_ahead,
        orders,
        variance,
        season_factor,
        case
            when has_purchases then season_reason
            else 'renewals and follow-on work have dates of their own'
        end as season_reason
    from existing

    union all

    select
        'existing_customers' as part,
        'year' as period,
        12 as months_ahead,
        orders_12m as orders,
        orders_variance as variance,
        cast(null as double) as season_factor,
        cast(null as varchar) as season_reason
    from existing_year

    union all

    select
        'new_customers' as part,
        'month' as period,
        months_ahead,
        orders,
        variance,
        cast(null as double) as season_factor,
        cast(null as varchar) as season_reason
    from newcomers

    union all

    select
        'new_customers' as part,
        'year' as period,
        12 as months_ahead,
        orders,
        coalesce(variance, orders) as variance,
        cast(null as double) as season_factor,
        cast(null as varchar) as season_reason
    from newcomer_totals
    where orders is not null
),

-- Without a forecast of the existing book a total would be newcomers passed off as everybody.
totalled as (
    select * from parts

    union all

    select
        'total' as part,
        period,
        months_ahead,
        sum(orders) as orders,
        sum(variance) as variance,
        cast(null as double) as season_factor,
        cast(null as varchar) as season_reason
    from parts
    group by
        period,
        months_ahead
    having count(*) = 2
),

bounded as (
    select
        *,
        {{ amount_bound('orders', 'variance', 'low') }} as low,
        {{ amount_bound('orders', 'variance', 'high') }} as high
    from totalled
)

select
    bounded.part,
    bounded.period,
    cast(bounded.months_ahead as integer) as months_ahead,
    case
        when bounded.period = 'year' then current_run.cut_on
        else {{ add_months('current_run.cut_on', 'cast(bounded.months_ahead as integer) - 1') }}
    end as starts_on,
    {{ add_months('current_run.cut_on', 'cast(bounded.months_ahead as integer)') }} as ends_before_on,
    {{ steady('bounded.orders') }} as expected_orders,
    {{ steady('bounded.low') }} as expected_low,
    {{ steady('bounded.high') }} as expected_high,
    {{ steady('bounded.season_factor') }} as season_factor,
    bounded.season_reason
from bounded
cross join current_run
