-- The loyalty programme and the network of referrals.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

members as (
    select * from {{ ref('fct_loyalty_members') }}
),

enrolment as (
    select
        count(*) as active,
        sum(case when members.customer_id is not null then 1 else 0 end) as enrolled
    from customers
    left join members on customers.customer_id = members.customer_id
    where customers.is_active
),

programme as (
    select
        count(*) as members,
        sum(balance) as balance
    from members
),

-- What is said of the programme itself: complaints and suggestions whose category or reason names it.
feedback as (
    select count(distinct tickets.ticket_id) as tickets
    from {{ ref('stg_crm__tickets') }} as tickets
    cross join current_run
    inner join {{ ref('feedback_words') }} as words
        on
            words.topic = 'loyalty'
            and lower(coalesce(tickets.category, '') || ' ' || coalesce(tickets.reason, ''))
            like '%' || words.word || '%'
    where
        tickets.removed_on is null
        and tickets.kind in ('complaint', 'suggestion')
        and tickets.opened_on >= current_run.window_start_on
        and tickets.opened_on < current_run.cut_on
),

network as (
    select * from {{ ref('fct_referral_network') }}
),

ranked_referrers as (
    select
        referred_customers,
        row_number() over (order by referred_customers desc, customer_id asc) as place,
        count(*) over () as referrers
    from network
    where referred_customers > 0
),

referrer_share as (
    select
        sum(case when place <= ceil(referrers * 0.1) then referred_customers else 0 end) as by_top,
        sum(referred_customers) as referred
    from ranked_referrers
),

depths as (
    select
        max(depth) as depth,
        count(*) as referred
    from network
    where depth > 0
)

select
    'loyalty_enrolment' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(null as double) as value,
    cast(enrolled as double) as numerator,
    cast(active as double) as denominator,
    cast(active as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from enrolment

union all

select
    'points_liability',
    '',
    '',
    cast(balance as double),
    null,
    null,
    members,
    null,
    null
from programme

union all

select
    'loyalty_feedback',
    '',
    '',
    100.0 * feedback.tickets / nullif(programme.members, 0),
    feedback.tickets,
    programme.members,
    programme.members,
    null,
    null
from feedback
cross join programme

union all

select
    'referral_depth',
    '',
    '',
    depth,
    null,
    null,
    referred,
    null,
    null
from depths

union all

select
    'top_referrer_share',
    '',
    '',
    null,
    by_top,
    referred,
    referred,
    null,
    null
from referrer_share
