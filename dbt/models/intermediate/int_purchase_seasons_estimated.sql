-- How far each calendar month's purchases stray from an even year, as of each date. The purchase models know no season;
-- this is what their year is spread over the months with. Only returns of customers already in the book count, each
-- month against how many they were, so that a growing book is not taken for a season. What chance would do to twelve
-- even months is taken out: the excess of chi-squared over its eleven degrees of freedom is the share that is kept.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'backtest')
),

months as (
    select
        customer_id,
        months_back,
        purchase_days
    from {{ ref('int_customer_months_aggregated') }}
    where purchase_days > 0
),

firsts as (
    select
        customer_id,
        max(months_back) as months_back
    from months
    group by customer_id
),

assumptions as (
    select
        max(case when assumption = 'minimum_season_months' then value end) as months,
        max(case when assumption = 'minimum_season_orders' then value end) as orders
    from {{ ref('int_value_settings_prepared') }}
),

-- Whole years back from the date, five at most: habits change.
histories as (
    select
        runs.run,
        runs.months_shift,
        coalesce(max(firsts.months_back) - runs.months_shift, 0) as history_months
    from runs
    left join firsts on runs.months_shift <= firsts.months_back
    group by
        runs.run,
        runs.months_shift
),

counted as (
    {{ number_rows(60) }}
),

watched as (
    select
        histories.run,
        histories.months_shift,
        histories.history_months,
        cast(counted.n as integer) - 1 as months_ago,
        cast(floor((counted.n - 1) / 12.0) as integer) as years_ago
    from histories
    inner join counted on counted.n <= 12 * floor(histories.history_months / 12.0)
),

newcomers as (
    select
        months_back,
        count(*) as customers
    from firsts
    group by months_back
),

exposed as (
    select
        watched.run,
        watched.months_ago,
        watched.years_ago,
        sum(newcomers.customers) as buyers
    from watched
    inner join newcomers on newcomers.months_back > watched.months_ago + watched.months_shift
    group by
        watched.run,
        watched.months_ago,
        watched.years_ago
),

returns as (
    select
        months.months_back,
        sum(months.purchase_days) as orders
    from months
    inner join firsts on months.customer_id = firsts.customer_id and months.months_back < firsts.months_back
    group by months.months_back
),

rates as (
    select
        exposed.run,
        exposed.months_ago,
        coalesce(returns.orders, 0) as orders,
        exposed.buyers
        * sum(coalesce(returns.orders, 0)) over (partition by exposed.run, exposed.years_ago)
        / cast(sum(exposed.buyers) over (partition by exposed.run, exposed.years_ago) as double) as expected
    from exposed
    inner join runs on exposed.run = runs.run
    left join returns on exposed.months_ago + runs.months_shift = returns.months_back
),

-- The month ahead that bears the same name.
named as (
    select
        run,
        12 - months_ago % 12 as months_ahead,
        sum(orders) as orders,
        sum(expected) as expected
    from rates
    group by
        run,
        12 - months_ago % 12
),

told as (
    select
        run,
        sum(orders) as orders,
        sum(power(orders - expected, 2) / nullif(expected, 0)) as chi_squared
    from named
    group by run
),

judged as (
    select
        histories.run,
        case
            when histories.history_months < assumptions.months
                then 'needs ' || cast(cast(assumptions.months as integer) as varchar)
                    || ' months of purchases to tell a season, has '
                    || cast(cast(histories.history_months as integer) as varchar)
            when coalesce(told.orders, 0) < assumptions.orders
                then 'needs ' || cast(cast(assumptions.orders as integer) as varchar)
                    || ' repeat purchases to tell a season, has '
                    || cast(cast(coalesce(told.orders, 0) as integer) as varchar)
            when coalesce(told.chi_squared, 0) <= 11 then 'the months differ by no more than chance'
        end as reason,
        1 - 11 / nullif(told.chi_squared, 0) as share_kept
    from histories
    cross join assumptions
    left join told on histories.run = told.run
),

ahead as (
    {{ number_rows(12) }}
),

factors as (
    select
        judged.run,
        ahead.n as months_ahead,
        coalesce(named.orders, 0) as orders,
        named.expected,
        case
            when judged.reason is not null then 1.0
            else 1 + judged.share_kept * (named.orders / nullif(named.expected, 0) - 1)
        end as factor,
        case
            when judged.reason is not null then 0.0
            else judged.share_kept / nullif(named.expected, 0)
        end as factor_variance,
        judged.reason
    from judged
    cross join ahead
    left join named on judged.run = named.run and ahead.n = named.months_ahead
)

select
    run,
    cast(months_ahead as integer) as months_ahead,
    cast(orders as integer) as orders,
    {{ steady('expected') }} as expected,
    {{ steady('factor') }} as factor,
    {{ steady('factor_variance') }} as factor_variance,
    reason
from factors
