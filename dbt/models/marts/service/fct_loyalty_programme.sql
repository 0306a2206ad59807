with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

entries as (
    select * from {{ ref('int_loyalty_entries_prepared') }}
),

joined as (
    select
        customer_id,
        max(months_back) as joined_months_back
    from entries
    group by customer_id
),

measured as (
    select
        entries.*,
        case when joined.joined_months_back = entries.months_back then entries.customer_id end as joiner_id
    from entries
    inner join joined on entries.customer_id = joined.customer_id
),

summed as (
    {% for tier in ['tier', "''"] %}
    select
        months_back,
        {{ tier }} as tier,
        count(distinct customer_id) as members_moving,
        count(distinct joiner_id) as members_joined,
        sum(case when reason = 'earn' then points_delta else 0 end) as earned,
        sum(case when reason = 'redeem' then -points_delta else 0 end) as redeemed,
        sum(case when reason = 'expire' then -points_delta else 0 end) as expired,
        sum(case when reason not in ('earn', 'redeem', 'expire') then points_delta else 0 end) as adjusted,
        sum(points_delta) as points_delta
    from measured
    group by months_back{{ ', tier' if loop.first }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

tiers as (
    select
        tier,
        max(months_back) as first_months_back
    from summed
    group by tier
),

numbers as (
    {{ number_rows(1800) }}
),

-- Every month since a tier first moved, also one in which it did not.
grid as (
    select
        tiers.tier,
        numbers.n - 1 as months_back
    from tiers
    inner join numbers on numbers.n - 1 <= tiers.first_months_back
)

select
    grid.tier,
    cast(grid.months_back as integer) as months_back,
    cast({{ dbt.dateadd('day', -1, add_months('current_run.cut_on', '-grid.months_back')) }} as date) as period_end_on,
    cast(coalesce(summed.members_moving, 0) as integer) as members_moving,
    cast(coalesce(summed.members_joined, 0) as integer) as members_joined,
    cast(coalesce(summed.earned, 0) as {{ money() }}) as earned,
    cast(coalesce(summed.redeemed, 0) as {{ money() }}) as redeemed,
    cast(coalesce(summed.expired, 0) as {{ money() }}) as expired,
    cast(coalesce(summed.adjusted, 0) as {{ money() }}) as adjusted,
    cast(sum(coalesce(summed.points_delta, 0)) over (
        partition by grid.tier
        order by grid.months_back desc
        rows between unbounded preceding and current row
    ) as {{ money() }}) as balance
from grid
cross join current_run
left join summed on grid.tier = summed.tier and grid.months_back = summed.months_back
