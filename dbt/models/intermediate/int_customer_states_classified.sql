-- What each customer is as of each run: counts, money, dates and the stage of life. The back-test stands where the
-- prior run does.
{{ config(materialized='view') }}

select
    runs.run,
    states.customer_key,
    customers.customer_id,
    customers.group_customer_key,
    customers.group_customer_id,
    states.first_order_on,
    states.last_order_on,
    states.order_count,
    states.order_day_count,
    states.revenue_net,
    states.margin_net,
    states.order_count_12m,
    states.revenue_net_12m,
    states.margin_net_12m,
    states.first_period,
    states.last_lost_period,
    states.is_customer,
    states.active_since_period is not null as is_active,
    case
        when not states.is_customer then 'prospect'
        when states.active_since_period is not null and states.active_spell_number > 1
            and states.active_since_period > -runs.months_shift - runs.new_months then 'won_back'
        when states.active_since_period is not null
            and states.first_period > -runs.months_shift - runs.new_months then 'new'
        when states.active_since_period is not null
            and not runs.is_one_purchase
            and not states.is_under_contract
            and last_days.months_back - runs.months_shift >= runs.lapsing_months then 'lapsing'
        when states.active_since_period is not null then 'active'
        when runs.is_one_purchase and states.order_count > 0 then 'completed'
        else 'lost'
    end as lifecycle_stage
from {{ ref('int_customer_states_keyed') }} as states
inner join {{ ref('int_runs_prepared') }} as runs on states.months_shift = runs.months_shift
inner join {{ ref('int_customers_unioned') }} as customers on states.customer_key = customers.customer_key
left join {{ ref('int_calendar_days_spined') }} as last_days on states.last_order_on = last_days.day_on
