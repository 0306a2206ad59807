with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

losses as (
    select
        losses.*,
        days.months_back
    from {{ ref('int_losses_prepared') }} as losses
    inner join {{ ref('int_calendar_days_spined') }} as days on losses.lost_on = days.day_on
),

-- What a customer brought in the twelve months up to the loss, that of the loss included.
brought as (
    select
        losses.customer_id,
        losses.lost_on,
        sum(months.revenue_net) as revenue_net,
        case when count(months.margin_net) = count(*) then sum(months.margin_net) end as margin_net
    from losses
    inner join {{ ref('int_customer_months_aggregated') }} as months
        on
            losses.customer_id = months.customer_id
            and months.months_back between losses.months_back and losses.months_back + 11
    group by
        losses.customer_id,
        losses.lost_on
),

periods as (
    select
        'ever' as period,
        cast(null as date) as starts_on
    union all
    select
        '12m' as period,
        window_start_on as starts_on
    from current_run
),

counted as (
    select
        periods.period,
        losses.reason,
        count(*) as losses,
        sum(case when losses.won_back_on is not null then 1 else 0 end) as won_back,
        sum(case when losses.win_back_calls > 0 then 1 else 0 end) as contacted,
        sum(case when losses.competitor is not null then 1 else 0 end) as to_competitor,
        coalesce(sum(brought.revenue_net), 0) as revenue_net_lost,
        -- A loss without sales in its year lost no margin; an unknown margin makes the sum unknown.
        case
            when count(brought.margin_net) = count(brought.revenue_net) then coalesce(sum(brought.margin_net), 0)
        end as margin_net_lost
    from periods
    inner join losses on coalesce(periods.starts_on <= losses.lost_on, true)
    left join brought on losses.customer_id = brought.customer_id and losses.lost_on = brought.lost_on
    group by
        periods.period,
        losses.reason
),

ranked as (
    select
        *,
        row_number() over (
            partition by period
            order by case when reason is null then 1 else 0 end, losses desc, reason asc
        ) as place
    from counted
)

select
    period,
    cast(place as integer) as place,
    coalesce(reason, 'unknown') as reason,
    reason is not null as is_known,
    cast(losses as integer) as losses,
    {{ steady('losses / cast(sum(losses) over whole as double)') }} as share,
    {{ steady('sum(losses) over so_far / cast(sum(losses) over whole as double)') }} as cumulative_share,
    cast(contacted as integer) as contacted,
    cast(won_back as integer) as won_back,
    cast(to_competitor as integer) as to_competitor,
    cast(revenue_net_lost as {{ money() }}) as revenue_net_lost,
    cast(margin_net_lost as {{ money() }}) as margin_net_lost
from ranked
window
    whole as (partition by period),
    so_far as (
        partition by period
        order by place
        rows between unbounded preceding and current row
    )
