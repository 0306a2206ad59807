with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

rules as (
    select * from {{ ref('case_rules') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

months as (
    select * from {{ ref('int_customer_months_aggregated') }}
),

stages as (
    select * from {{ ref('int_customer_stages_spelled') }}
),

lost as (
    select * from {{ ref('int_customers_lost_valued') }}
),

care as (
    select * from {{ ref('int_customer_care_aggregated') }}
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

complaints as (
    select
        coalesce(resolved_customers.resolved_customer_id, tickets.customer_id) as customer_id,
        count(*) as complaints,
        max(tickets.opened_on) as last_complaint_on
    from {{ ref('stg_crm__tickets') }} as tickets
    cross join current_run
    left join resolved_customers on tickets.customer_id = resolved_customers.customer_id
    where
        tickets.removed_on is null
        and tickets.kind = 'complaint'
        and tickets.opened_on < current_run.cut_on
    group by coalesce(resolved_customers.resolved_customer_id, tickets.customer_id)
),

referred as (
    select
        referrals.referrer_customer_id as customer_id,
        count(distinct referrals.referred_customer_id) as customers_referred
    from {{ ref('int_referrals_prepared') }} as referrals
    inner join customers on referrals.referred_customer_id = customers.customer_id
    where referrals.referrer_customer_id != referrals.referred_customer_id
    group by referrals.referrer_customer_id
),

refunded as (
    select
        orders.customer_id,
        sum(orders.refund_amount) as refunded
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    where orders.refunded_on >= current_run.window_start_on and orders.refunded_on < current_run.cut_on
    group by orders.customer_id
),

-- Back within the last year, and still there.
came_back as (
    select
        stages.customer_id,
        max(stages.starts_period) as back_period
    from stages
    where stages.lifecycle_stage = 'won_back' and stages.starts_period > -12
    group by stages.customer_id
),

since_back as (
    select
        months.customer_id,
        case when count(months.margin_net) = count(*) then sum(months.margin_net) end as margin_net
    from months
    inner join came_back on months.customer_id = came_back.customer_id and -months.months_back >= came_back.back_period
    group by months.customer_id
),

measures as (
    select * from {{ ref('int_customers_segmented') }}
    where run = 'current'
),

-- Distance in ranks, so that a day and a yuan weigh alike; equal customers share the middle of their ranks.
tier_ranks as (
    select
        customer_id,
        value_tier,
        {% for measure in ['recency_days', 'order_count', 'revenue_net'] %}
        abs(
            percent_rank() over (partition by value_tier order by {{ measure }}) / 2
            + cume_dist() over (partition by value_tier order by {{ measure }}) / 2
            - 0.5
        ){% if not loop.last %} +{% endif %}
        {% endfor %} as distance
    from measures
),

yearly as (
    select
        customer_id,
        sum(case when months_back between 0 and 11 then revenue_net else 0 end) as revenue_0,
        sum(case when months_back between 12 and 23 then revenue_net else 0 end) as revenue_1,
        sum(case when months_back between 24 and 35 then revenue_net else 0 end) as revenue_2
    from months
    where months_back between 0 and 35
    group by customer_id
),

candidates as (
    select
        'most_valuable' as rule,
        '' as bucket,
        customer_id,
        margin_net as measure
    from customers
    where is_active and margin_net > 0

    union all

    select
        'best_advocate' as rule,
        '' as bucket,
        referred.customer_id,
        referred.customers_referred as measure
    from referred

    union all

    select
        'won_back' as rule,
        '' as bucket,
        since_back.customer_id,
        since_back.margin_net as measure
    from since_back
    inner join customers on since_back.customer_id = customers.customer_id
    where customers.is_active and since_back.margin_net > 0

    union all

    select
        'largest_loss' as rule,
        '' as bucket,
        customer_id,
        margin_lost as measure
    from lost
    where margin_lost > 0

    union all

    select
        'lost_after_complaint' as rule,
        '' as bucket,
        lost.customer_id,
        lost.margin_lost as measure
    from lost
    inner join customers on lost.customer_id = customers.customer_id
    inner join complaints on lost.customer_id = complaints.customer_id
    where
        lost.margin_lost > 0
        and complaints.last_complaint_on >= {{ add_months('customers.last_order_on', -12) }}

    union all

    select
        'largest_refund' as rule,
        '' as bucket,
        customer_id,
        refunded as measure
    from refunded
    where customer_id is not null

    union all

    select
        'typical_of_tier' as rule,
        value_tier as bucket,
        customer_id,
        -distance as measure
    from tier_ranks
),

ranked as (
    select
        candidates.*,
        row_number() over (
            partition by candidates.rule, candidates.bucket order by candidates.measure desc, candidates.customer_id asc
        ) as rank
    from candidates
    inner join customers on candidates.customer_id = customers.customer_id
),

chosen as (
    select * from ranked
    where rank <= case rule when 'typical_of_tier' then 1 else 5 end
),

-- Orders the chosen models expected of the last year when they had seen only what came before it.
forecasts as (
    select
        component || ' ' || model as subject,
        row_number() over (order by component, model) as rank,
        holdout_expected as value,
        holdout_actual as result
    from {{ ref('fct_model_fits') }}
    where run = 'current' and is_chosen and holdout_actual is not null
),

-- The same figures as of a year ago: half of an assessment's history is that it can be made again.
a_year_ago as (
    {% for subject, expression in [
        ('customers', 'sum(case when is_customer then 1 else 0 end)'),
        ('customers_active', 'sum(case when is_active then 1 else 0 end)'),
        ('customers_lost', "sum(case when lifecycle_stage = 'lost' then 1 else 0 end)"),
        ('orders_12m', 'sum(order_count_12m)'),
        ('revenue_net_12m', 'sum(revenue_net_12m)'),
    ] %}
    select
        '{{ subject }}' as subject,
        {{ loop.index }} as rank,
        cast({{ expression }} as double) as value,
        run
    from {{ ref('int_customer_states_classified') }}
    where run in ('current', 'prior')
    group by run
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

assessments as (
    select
        'forecast_against_result' as rule,
        rank,
        subject,
        value,
        result
    from forecasts

    union all

    select
        'a_year_ago' as rule,
        before.rank,
        before.subject,
        before.value,
        now.value as result
    from a_year_ago as before
    inner join a_year_ago as now on before.subject = now.subject and now.run = 'current'
    where before.run = 'prior' and before.value > 0
)

select
    chosen.rule || case when chosen.bucket = '' then '' else '-' || chosen.bucket end
    || '-' || cast(chosen.rank as varchar) as case_id,
    rules.case_scope,
    rules.case_kind,
    chosen.rule,
    rules.reason_en as reason,
    rules.reason_zh,
    cast(chosen.rank as integer) as rank,
    chosen.customer_id,
    customers.customer_type,
    customers.lifecycle_stage,
    customers.rfm_segment,
    customers.value_tier,
    customers.acquisition_channel,
    customers.first_order_on,
    customers.last_order_on,
    customers.order_count,
    customers.revenue_net,
    customers.margin_net,
    cast(coalesce(yearly.revenue_0, 0) as {{ money() }}) as revenue_net_12m,
    cast(coalesce(yearly.revenue_1, 0) as {{ money() }}) as revenue_net_prior_12m,
    cast(coalesce(yearly.revenue_2, 0) as {{ money() }}) as revenue_net_two_years_ago,
    cast(coalesce(care.touches_12m, 0) as integer) as touches_12m,
    cast(coalesce(complaints.complaints, 0) as integer) as complaints,
    cast(coalesce(referred.customers_referred, 0) as integer) as customers_referred,
    cast(coalesce(refunded.refunded, 0) as {{ money() }}) as refunded_12m,
    lost.reason as lost_reason,
    {{ steady('cast(chosen.measure as double)') }} as measure,
    cast(null as varchar) as subject,
    cast(null as date) as assessed_on,
    cast(null as double) as forecast_value,
    cast(null as double) as result_value
from chosen
inner join rules on chosen.rule = rules.rule
inner join customers on chosen.customer_id = customers.customer_id
left join yearly on chosen.customer_id = yearly.customer_id
left join care on chosen.customer_id = care.customer_id
left join complaints on chosen.customer_id = complaints.customer_id
left join referred on chosen.customer_id = referred.customer_id
left join refunded on chosen.customer_id = refunded.customer_id
left join lost on chosen.customer_id = lost.customer_id

union all

select
    assessments.rule || '-' || assessments.subject as case_id,
    rules.case_scope,
    rules.case_kind,
    assessments.rule,
    rules.reason_en as reason,
    rules.reason_zh,
    cast(assessments.rank as integer) as rank,
    null as customer_id,
    null as customer_type,
    null as lifecycle_stage,
    null as rfm_segment,
    null as value_tier,
    null as acquisition_channel,
    null as first_order_on,
    null as last_order_on,
    null as order_count,
    null as revenue_net,
    null as margin_net,
    null as revenue_net_12m,
    null as revenue_net_prior_12m,
    null as revenue_net_two_years_ago,
    null as touches_12m,
    null as complaints,
    null as customers_referred,
    null as refunded_12m,
    null as lost_reason,
    null as measure,
    assessments.subject,
    runs.as_of_on as assessed_on,
    {{ steady('assessments.value') }} as forecast_value,
    {{ steady('assessments.result') }} as result_value
from assessments
inner join rules on assessments.rule = rules.rule
inner join {{ ref('int_runs_prepared') }} as runs on runs.run = 'prior'
