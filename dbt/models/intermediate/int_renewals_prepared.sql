-- Every contract as of each date: the how-manyeth of its chain it is, whether it was renewed, lost or is still open,
-- and what it earns. A contract is known from the day it starts; what came later than the date is not.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'backtest')
),

contracts as (
    select
        contract_id,
        customer_id,
        starts_on,
        ends_on,
        terminated_on,
        annual_value,
        renews_contract_id
    from {{ ref('int_contracts_prepared') }}
    -- Ended before it began: never was live.
    where ends_on >= starts_on and (terminated_on is null or terminated_on >= starts_on)
),

grace as (
    select cast(value as integer) as days
    from {{ ref('int_value_settings_prepared') }}
    where assumption = 'renewal_grace_days'
),

chain_links as (
    select
        contracts.contract_id as id,
        contracts.renews_contract_id as target
    from contracts
    inner join contracts as renewed on contracts.renews_contract_id = renewed.contract_id
    where contracts.renews_contract_id != contracts.contract_id
),

roots as (
    {{ chain_roots('chain_links') }}
),

successors as (
    select
        renews_contract_id as contract_id,
        min(starts_on) as renewed_on
    from contracts
    where renews_contract_id is not null
    group by renews_contract_id
),

-- What the contract costs as of each date: the last value agreed before it.
agreed as (
    select
        runs.run,
        contract_values.contract_id,
        contract_values.annual_value,
        contract_values.annual_cost,
        row_number() over (
            partition by runs.run, contract_values.contract_id
            order by contract_values.effective_on desc
        ) as recency
    from {{ ref('stg_crm__contract_values') }} as contract_values
    inner join runs on contract_values.effective_on < runs.cut_on
    where contract_values.removed_on is null
),

-- A contract booked by an order has its term's money in that order already.
booked as (
    select distinct contract_id
    from {{ ref('int_orders_prepared') }}
    where contract_id is not null and not is_cancelled and coalesce(order_kind, 'main') in ('main', 'renewal')
),

numbered as (
    select
        contracts.*,
        coalesce(roots.root, contracts.contract_id) as chain_id,
        successors.renewed_on,
        row_number() over (
            partition by coalesce(roots.root, contracts.contract_id)
            order by contracts.starts_on, contracts.contract_id
        ) - 1 as renewals_before
    from contracts
    left join roots on contracts.contract_id = roots.id
    left join successors on contracts.contract_id = successors.contract_id
),

dated as (
    select
        runs.run,
        runs.as_of_on,
        runs.cut_on,
        runs.gross_margin,
        runs.revenue_source,
        numbered.*,
        least(
            numbered.ends_on,
            coalesce(
                case when numbered.terminated_on < runs.cut_on then numbered.terminated_on end, numbered.ends_on
            )
        ) as live_until_on
    from numbered
    inner join runs on numbered.starts_on < runs.cut_on
)

select
    dated.run,
    dated.contract_id,
    dated.customer_id,
    dated.chain_id,
    cast(dated.renewals_before as integer) as renewals_before,
    dated.starts_on,
    dated.live_until_on,
    case
        when dated.renewed_on < dated.cut_on then 'renewed'
        when {{ days_between('dated.live_until_on', 'dated.as_of_on') }} > grace.days then 'lost'
        when dated.live_until_on < dated.as_of_on then 'undecided'
        else 'live'
    end as state,
    cast({{ days_between('dated.starts_on', 'dated.ends_on') }} + 1 as integer) as term_days,
    cast({{ days_between('dated.as_of_on', 'dated.live_until_on') }} as integer) as days_left,
    cast(coalesce(agreed.annual_value, dated.annual_value) as {{ money() }}) as annual_value,
    cast(
        coalesce(
            agreed.annual_value - agreed.annual_cost,
            coalesce(agreed.annual_value, dated.annual_value) * dated.gross_margin
        ) as {{ money() }}
    ) as annual_margin,
    dated.revenue_source = 'orders' and booked.contract_id is not null as is_booked
from dated
cross join grace
left join agreed
    on
        dated.run = agreed.run
        and dated.contract_id = agreed.contract_id
        and agreed.recency = 1
left join booked on dated.contract_id = booked.contract_id
