-- What dated indicators were at earlier closes, from the facts known today: the same definitions, moved back.
-- Indicators that lean on a status without a date, on models or on the whole book at once are not here. One row per
-- close and indicator.
with

closes as (
    select * from {{ ref('int_history_closes_needed') }}
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

spells as (
    select * from {{ ref('int_customer_spells_merged') }}
),

months as (
    select
        months_back,
        sum(revenue_net) as revenue_net,
        case when count(margin_net) = count(*) then sum(margin_net) end as margin_net,
        sum(orders) as orders
    from {{ ref('int_customer_months_aggregated') }}
    group by months_back
    union all
    -- Money without a known customer.
    select
        days.months_back,
        sum(events.revenue_net) as revenue_net,
        case when count(events.margin_net) = count(*) then sum(events.margin_net) end as margin_net,
        sum(events.orders) as orders
    from {{ ref('int_revenue_events_unioned') }} as events
    inner join {{ ref('int_calendar_days_spined') }} as days on events.occurred_on = days.day_on
    where events.customer_id is null
    group by days.months_back
),

money as (
    select
        closes.months_back,
        sum(months.revenue_net) as revenue_net,
        case when count(months.margin_net) = count(*) then sum(months.margin_net) end as margin_net,
        sum(months.orders) as orders
    from closes
    inner join months
        on
            closes.months_back <= months.months_back
            and closes.months_back + 12 > months.months_back
    group by closes.months_back
),

-- Who was active at each close and a year before it.
standing as (
    select
        closes.months_back,
        spells.customer_id,
        max(
            case
                when spells.starts_period <= -closes.months_back and spells.ends_period >= -closes.months_back then 1
                else 0
            end
        ) as is_active,
        max(
            case
                when
                    spells.starts_period <= -closes.months_back - 12
                    and spells.ends_period >= -closes.months_back - 12 then 1
                else 0
            end
        ) as was_active
    from closes
    inner join spells
        on
            spells.starts_period <= -closes.months_back
            and spells.ends_period >= -closes.months_back - 12
    group by
        closes.months_back,
        spells.customer_id
),

referrers as (
    select
        closes.months_back,
        referrals.referrer_customer_id as customer_id
    from {{ ref('int_referrals_prepared') }} as referrals
    inner join closes on coalesce(referrals.referred_on < closes.cut_on, true)
    group by
        closes.months_back,
        referrals.referrer_customer_id
),

book as (
    select
        standing.months_back,
        sum(standing.is_active) as active,
        sum(standing.was_active) as was_active,
        sum(case when standing.was_active = 1 then standing.is_active else 0 end) as stayed,
        sum(case when standing.is_active = 1 and referrers.customer_id is not null then 1 else 0 end) as referring,
        {% for customer_type in ['government', 'enterprise', 'institution', 'individual'] %}
        sum(case when customers.customer_type = '{{ customer_type }}' then standing.is_active else 0 end)
            as {{ customer_type }}{{ ',' if not loop.last }}
        {% endfor %}
    from standing
    left join customers on standing.customer_id = customers.customer_id
    left join referrers
        on standing.customer_id = referrers.customer_id and standing.months_back = referrers.months_back
    group by standing.months_back
),

responses as (
    select
        closes.months_back,
        coalesce(resolved_customers.resolved_customer_id, responses.customer_id, responses.response_id) as answerer_id,
        responses.response_id,
        responses.instrument,
        coalesce(responses.topic, 'overall') as topic,
        responses.score,
        responses.scale_max,
        row_number() over (
            partition by
                closes.months_back,
                coalesce(resolved_customers.resolved_customer_id, responses.customer_id, responses.response_id),
                responses.instrument,
                coalesce(responses.topic, 'overall')
            order by responses.responded_at desc, responses.response_id desc
        ) as recency
    from {{ ref('stg_crm__survey_responses') }} as responses
    inner join closes
        on
            responses.responded_on >= closes.window_start_on
            and responses.responded_on < closes.cut_on
    left join resolved_customers on responses.customer_id = resolved_customers.customer_id
    where
        responses.removed_on is null
        and responses.score is not null
        and not coalesce(resolved_customers.is_test, false)
),

answers as (
    select
        months_back,
        sum(case when instrument = 'csat' and topic = 'overall' and score >= scale_max - 1 then 1 else 0 end)
            as satisfied,
        sum(case when instrument = 'csat' and topic = 'overall' and scale_max is not null then 1 else 0 end)
            as csat_answers,
        sum(case when instrument = 'csat' and topic != 'overall' and score >= scale_max - 1 then 1 else 0 end)
            as topics_satisfied,
        sum(case when instrument = 'csat' and topic != 'overall' and scale_max is not null then 1 else 0 end)
            as topic_answers,
        avg(
            case when instrument = 'nps' and topic = 'overall'
                    then case when score >= 9 then 1.0 when score <= 6 then -1.0 else 0.0 end
            end
        ) as nps,
        sum(case when instrument = 'nps' and topic = 'overall' then 1 else 0 end) as nps_answers
    from responses
    where recency = 1
    group by months_back
),

tickets as (
    select tickets.*
    from {{ ref('stg_crm__tickets') }} as tickets
    left join resolved_customers on tickets.customer_id = resolved_customers.customer_id
    where tickets.removed_on is null and not coalesce(resolved_customers.is_test, false)
),

complaints as (
    select
        closes.months_back,
        count(*) as complaints
    from closes
    inner join tickets
        on
            tickets.kind = 'complaint'
            and closes.window_start_on <= tickets.opened_on
            and closes.cut_on > tickets.opened_on
    group by closes.months_back
),

-- An open ticket past its due time missed it; one not yet due is not judged.
due as (
    select
        closes.months_back,
        count(*) as tickets,
        sum(case when tickets.resolved_at <= tickets.due_at then 1 else 0 end) as in_time
    from closes
    inner join tickets
        on
            closes.window_start_on <= tickets.opened_on
            and closes.cut_on > tickets.opened_on
            and closes.cut_on > tickets.due_on
    group by closes.months_back
),

receivables as (
    select
        aged.months_back,
        sum(aged.open_amount) as open_amount,
        sum(case when aged.days_overdue > 0 then aged.open_amount else 0 end) as overdue_amount,
        count(*) as invoices
    from {{ ref('int_receivables_aged') }} as aged
    inner join closes on aged.months_back = closes.months_back
    group by aged.months_back
),

leads as (
    select
        closes.months_back,
        count(*) as leads,
        sum(
            case when {{ days_between('leads.created_on', 'leads.converted_on') }} <= 180 then 1 else 0 end
        ) as converted
    from {{ ref('int_leads_prepared') }} as leads
    inner join closes
        on
            leads.created_on >= {{ add_months('closes.cut_on', -18) }}
            and {{ days_between('leads.created_on', 'closes.as_of_on') }} >= 180
    group by closes.months_back
),

complaint_rates as (
    select
        complaints.months_back,
        complaints.complaints,
        money.orders
    from complaints
    inner join money on complaints.months_back = money.months_back
),

measured as (
    {% for code, relation, expression, evidence in [
        ('revenue_net_12m', 'money', 'cast(revenue_net as double)', 'orders'),
        ('margin_net_12m', 'money', 'cast(margin_net as double)', 'orders'),
        ('orders_12m', 'money', 'orders', 'orders'),
        ('customers_active', 'book', 'active', 'active'),
        ('customer_growth_yoy', 'book', 'active / cast(nullif(was_active, 0) as double) - 1', 'was_active'),
        ('retention_rate_12m', 'book', 'stayed / cast(nullif(was_active, 0) as double)', 'was_active'),
        ('churn_rate_12m', 'book', '1 - stayed / cast(nullif(was_active, 0) as double)', 'was_active'),
        ('referral_rate', 'book', 'referring / cast(nullif(active, 0) as double)', 'active'),
        ('government_share', 'book', 'government / cast(nullif(active, 0) as double)', 'active'),
        ('enterprise_share', 'book', 'enterprise / cast(nullif(active, 0) as double)', 'active'),
        ('institution_share', 'book', 'institution / cast(nullif(active, 0) as double)', 'active'),
        ('individual_share', 'book', 'individual / cast(nullif(active, 0) as double)', 'active'),
        ('csat_top2', 'answers', 'satisfied / cast(nullif(csat_answers, 0) as double)', 'csat_answers'),
        ('csat_by_topic', 'answers', 'topics_satisfied / cast(nullif(topic_answers, 0) as double)', 'topic_answers'),
        ('nps', 'answers', 'case when nps_answers > 1 then nps end', 'nps_answers'),
        ('complaints_per_100_orders', 'complaint_rates', '100.0 * complaints / nullif(orders, 0)', 'orders'),
        ('sla_attainment', 'due', 'in_time / cast(nullif(tickets, 0) as double)', 'tickets'),
        ('overdue_share', 'receivables', 'cast(overdue_amount as double) / nullif(open_amount, 0)', 'invoices'),
        ('lead_conversion', 'leads', 'converted / cast(nullif(leads, 0) as double)', 'leads'),
    ] %}
    select
        months_back,
        '{{ code }}' as indicator_code,
        {{ expression }} as value,
        {{ evidence }} as n
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    cast(measured.months_back as integer) as months_back,
    closes.as_of_on,
    measured.indicator_code,
    measured.value,
    cast(measured.n as bigint) as n
from measured
inner join closes on measured.months_back = closes.months_back
where measured.value is not null
