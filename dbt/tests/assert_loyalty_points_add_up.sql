{{ config(meta={'dagster': {'ref': {'name': 'fct_loyalty_programme'}}}) }}
-- What is earned less redeemed and expired is the balance, whole, by tier and by member, and the ledger's. A returned
-- row is a balance that is not.
with

programme as (
    select
        tier,
        sum(earned - redeemed - expired + adjusted) as moved,
        max(case when months_back = 0 then balance end) as balance,
        sum(members_joined) as joined
    from {{ ref('fct_loyalty_programme') }}
    group by tier
),

ledger as (
    select
        sum(points_delta) as balance,
        count(distinct customer_id) as members
    from {{ ref('int_loyalty_entries_prepared') }}
),

members as (
    select
        sum(balance) as balance,
        count(*) as members
    from {{ ref('fct_loyalty_members') }}
)

select
    programme.tier,
    programme.moved,
    programme.balance
from programme
cross join ledger
cross join members
where
    programme.moved != programme.balance
    or (
        programme.tier = ''
        and (
            programme.balance != ledger.balance
            or programme.joined != ledger.members
            or members.balance != ledger.balance
            or members.members != ledger.members
        )
    )
