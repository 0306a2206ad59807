-- What a deal leaves is never more than what there was; the bridge starts at the assessed residual values, ends at the
-- transferable ones, and its steps add up; a stress never leaves more than the book transfers with its holder in place
-- at no risk. A returned row breaks that.
with

customers as (
    select
        coalesce(sum(residual_value), 0) as gross,
        coalesce(sum(transferable_value), 0) as transferable,
        count(case when residual_value >= 0 and transferable_value > residual_value then 1 end) as grown,
        count(case when survival < 0 or survival > 1 then 1 end) as impossible
    from {{ ref('fct_transferable_value') }}
),

valued as (
    select coalesce(sum(residual_value), 0) as residual_value
    from {{ ref('fct_customer_value') }}
    where status = 'assessed'
),

bridge as (
    select
        coalesce(sum(case when step = 'gross' then amount end), 0) as gross,
        coalesce(sum(case when step = 'transferable' then amount end), 0) as transferable,
        coalesce(sum(case when step not in ('gross', 'transferable') then amount end), 0) as cut
    from {{ ref('fct_transfer_bridge') }}
),

stressed as (
    select count(*) as impossible
    from {{ ref('fct_exit_stress') }}
    where residual_value >= 0 and (residual_share > 1.000001 or customers < 1)
)

select
    customers.gross,
    customers.transferable,
    bridge.cut
from customers
cross join valued
cross join bridge
cross join stressed
where
    customers.grown > 0
    or customers.impossible > 0
    or stressed.impossible > 0
    or abs(customers.gross - valued.residual_value) > 1
    or abs(customers.gross - bridge.gross) > 1
    or abs(customers.transferable - bridge.transferable) > 1
    or abs(bridge.gross + bridge.cut - bridge.transferable) > 1
