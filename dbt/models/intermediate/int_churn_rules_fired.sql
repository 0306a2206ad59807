-- The early warnings that each active customer gave as of the assessment and as of a year before it. The year-old ones
-- are what could be known then: whatever is dated on or after that run's cut, terminations included, is not in them.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'backtest')
),

rules as (
    select * from {{ ref('churn_rules') }}
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

states as (
    select
        states.*,
        runs.as_of_on,
        runs.cut_on,
        runs.months_shift,
        runs.is_one_purchase,
        case when runs.is_one_purchase then runs.active_months - 12 else runs.lapsing_months end as silence_months
    from {{ ref('int_customer_states_classified') }} as states
    inner join runs on states.run = runs.run
    where states.is_active
),

months as (
    select
        runs.run,
        months.customer_id,
        sum(
            case
                when months.months_back between runs.months_shift + 12 and runs.months_shift + 23
                    then months.revenue_net
            end
        ) as revenue_net_prior_12m
    from {{ ref('int_customer_months_aggregated') }} as months
    inner join runs on months.months_back >= runs.months_shift
    group by
        runs.run,
        months.customer_id
),

waits as (
    select
        runs.run,
        keys.customer_id,
        max(events.event_on) as last_event_on
    from {{ ref('int_revenue_events_keyed') }} as events
    inner join {{ ref('int_customer_keys') }} as keys on events.customer_key = keys.customer_key
    inner join runs on events.months_back >= runs.months_shift
    where runs.is_active_from_event and events.event_on is not null
    group by
        runs.run,
        keys.customer_id
),

-- A termination after the run's cut was not known then.
contracts as (
    select
        runs.run,
        runs.cut_on,
        contracts.customer_id,
        contracts.starts_on,
        contracts.renewal,
        least(
            contracts.ends_on,
            case when contracts.terminated_on < runs.cut_on then contracts.terminated_on end
        ) as live_until_on
    from {{ ref('int_contracts_prepared') }} as contracts
    inner join runs on coalesce(contracts.signed_on, contracts.starts_on) < runs.cut_on
    where runs.is_active_by_contract
),

-- A contract signed for later carries on the one that ends; an open end never ends.
cover as (
    select
        run,
        customer_id,
        max(case when starts_on < cut_on then 1 else 0 end) = 1 as is_live,
        max(coalesce(live_until_on, cast('9999-12-31' as date))) as last_until_on,
        max(case when renewal = 'auto' then 1 else 0 end) = 1 as is_auto,
        min(case when renewal = 'none' then 1 else 0 end) = 1 as is_final
    from contracts
    where live_until_on is null or live_until_on >= {{ dbt.dateadd('day', -1, 'cut_on') }}
    group by
        run,
        customer_id
),

complaints as (
    select
        coalesce(resolved_customers.resolved_customer_id, tickets.customer_id) as customer_id,
        tickets.opened_on
    from {{ ref('stg_crm__tickets') }} as tickets
    left join resolved_customers on tickets.customer_id = resolved_customers.customer_id
    where tickets.removed_on is null and tickets.kind = 'complaint'
),

answers as (
    select
        runs.run,
        runs.cut_on,
        coalesce(resolved_customers.resolved_customer_id, responses.customer_id) as customer_id,
        responses.responded_on,
        case
            when responses.instrument = 'nps' then responses.score <= 6
            else responses.score - responses.scale_min < 0.4 * (responses.scale_max - responses.scale_min)
        end as is_low,
        row_number() over (
            partition by runs.run, coalesce(resolved_customers.resolved_customer_id, responses.customer_id)
            order by responses.responded_at desc, responses.response_id desc
        ) as place
    from {{ ref('stg_crm__survey_responses') }} as responses
    inner join runs on responses.responded_on < runs.cut_on
    left join resolved_customers on responses.customer_id = resolved_customers.customer_id
    where
        responses.removed_on is null
        and responses.score is not null
        and responses.instrument in ('nps', 'csat')
        and coalesce(responses.topic, 'overall') = 'overall'
),

touches as (
    select
        coalesce(resolved_customers.resolved_customer_id, activities.customer_id) as customer_id,
        activities.occurred_on
    from {{ ref('stg_crm__activities') }} as activities
    left join resolved_customers on activities.customer_id = resolved_customers.customer_id
    where activities.removed_on is null and not coalesce(activities.is_automated, false)
),

last_touches as (
    select
        runs.run,
        touches.customer_id,
        max(touches.occurred_on) as last_touched_on
    from touches
    inner join runs on touches.occurred_on < runs.cut_on
    group by
        runs.run,
        touches.customer_id
),

-- Where the log begins later than the limit reaches back, silence in it means nothing.
logs as (
    select min(occurred_on) as first_touched_on from touches
),

overdue as (
    select distinct
        runs.run,
        coalesce(resolved_customers.resolved_customer_id, invoices.customer_id) as customer_id
    from {{ ref('stg_crm__invoices') }} as invoices
    inner join rules on rules.rule = 'overdue'
    inner join runs
        on
            invoices.issued_on < runs.cut_on
            and rules.threshold < {{ days_between('invoices.due_on', 'runs.as_of_on') }}
            and (invoices.settled_on is null or invoices.settled_on >= runs.cut_on)
            and (invoices.written_off_on is null or invoices.written_off_on >= runs.cut_on)
    left join resolved_customers on invoices.customer_id = resolved_customers.customer_id
    where invoices.removed_on is null
),

measured as (
    select
        states.*,
        coalesce(cover.is_live, false) as is_under_contract,
        {{ days_between('states.cut_on', 'cover.last_until_on') }} + 1 as days_of_cover,
        cover.is_auto,
        cover.is_final,
        case
            when waits.last_event_on > states.last_order_on then waits.last_event_on else states.last_order_on
        end as last_sign_on,
        {{ days_between('states.first_order_on', 'states.last_order_on') }} as days_of_orders,
        {{ days_between('states.last_order_on', 'states.as_of_on') }} as days_since_order,
        months.revenue_net_prior_12m
    from states
    left join months on states.run = months.run and states.customer_id = months.customer_id
    left join waits on states.run = waits.run and states.customer_id = waits.customer_id
    left join cover on states.run = cover.run and states.customer_id = cover.customer_id
),

fired as (
    select
        measured.run,
        measured.customer_id,
        'silent' as rule
    from measured
    inner join {{ ref('int_calendar_days_spined') }} as days on measured.last_sign_on = days.day_on
    where not measured.is_under_contract and days.months_back - measured.months_shift >= measured.silence_months

    union all

    select
        measured.run,
        measured.customer_id,
        'contract_not_renewable'
    from measured
    inner join rules on rules.rule = 'contract_not_renewable'
    where measured.is_under_contract and measured.is_final and measured.days_of_cover <= rules.threshold

    union all

    select
        measured.run,
        measured.customer_id,
        'contract_ending'
    from measured
    inner join rules on rules.rule = 'contract_ending'
    where
        measured.is_under_contract
        and not measured.is_auto
        and not measured.is_final
        and measured.days_of_cover <= rules.threshold

    union all

    -- Two intervals are the least that make a rhythm. A one-purchase trade has none.
    select
        measured.run,
        measured.customer_id,
        'rhythm_broken'
    from measured
    inner join rules on rules.rule = 'rhythm_broken'
    where
        not measured.is_one_purchase
        and measured.order_day_count >= 3
        and measured.days_since_order > rules.threshold * measured.days_of_orders / (measured.order_day_count - 1.0)

    union all

    select
        measured.run,
        measured.customer_id,
        'falling'
    from measured
    inner join rules on rules.rule = 'falling'
    where
        not measured.is_one_purchase
        and measured.revenue_net_prior_12m > 0
        and measured.revenue_net_12m < rules.threshold * measured.revenue_net_prior_12m

    union all

    select distinct
        measured.run,
        measured.customer_id,
        'complaint'
    from measured
    inner join rules on rules.rule = 'complaint'
    inner join complaints
        on
            measured.customer_id = complaints.customer_id
            and measured.cut_on > complaints.opened_on
            and {{ days_between('complaints.opened_on', 'measured.cut_on') }} <= rules.threshold

    union all

    select
        measured.run,
        measured.customer_id,
        'dissatisfied'
    from measured
    inner join rules on rules.rule = 'dissatisfied'
    inner join answers
        on
            measured.run = answers.run
            and measured.customer_id = answers.customer_id
            and answers.place = 1
            and answers.is_low
            and {{ days_between('answers.responded_on', 'measured.cut_on') }} <= rules.threshold

    union all

    select
        measured.run,
        measured.customer_id,
        'untouched'
    from measured
    inner join rules on rules.rule = 'untouched'
    inner join logs on {{ days_between('logs.first_touched_on', 'measured.cut_on') }} >= rules.threshold
    left join last_touches on measured.run = last_touches.run and measured.customer_id = last_touches.customer_id
    where
        last_touches.last_touched_on is null
        or {{ days_between('last_touches.last_touched_on', 'measured.cut_on') }} > rules.threshold

    union all

    select
        measured.run,
        measured.customer_id,
        'overdue'
    from measured
    inner join overdue on measured.run = overdue.run and measured.customer_id = overdue.customer_id
)

select
    fired.run,
    fired.customer_id,
    fired.rule,
    rules.position,
    rules.points
from fired
inner join rules on fired.rule = rules.rule
