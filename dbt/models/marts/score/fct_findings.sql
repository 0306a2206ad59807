with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

rules as (
    select * from {{ ref('finding_rules') }}
),

indicators as (
    select
        max(case when indicator_code = 'revenue_net_12m' then value end) as revenue,
        max(case when indicator_code = 'margin_net_12m' then value end) as margin,
        max(case when indicator_code = 'deposits_liability' and unit = 'money' then value end) as deposits_liability,
        max(case when indicator_code = 'points_liability' and unit = 'money' then value end) as points_liability,
        max(case when indicator_code = 'ledger_match' then 1 else 0 end) = 1 as has_ledger
    from {{ ref('fct_indicators') }}
    where breakdown = '' and status = 'assessed'
),

-- What is only known as revenue is at stake with its margin; an unknown margin puts no money on it.
rates as (
    select
        revenue,
        margin,
        deposits_liability,
        points_liability,
        has_ledger,
        case when revenue > 0 and margin > 0 then margin / revenue end as margin_rate
    from indicators
),

consents as (
    select customer_id
    from {{ ref('int_consents_prepared') }}
    where purpose = 'transfer' and is_live
),

-- A year of margin is at stake, or less: whose work is done may have brought much and bring little more.
customers as (
    select
        customers.customer_id,
        customers.group_customer_id,
        customers.is_active,
        coalesce(customers.owner_staff_id, 'nobody') as holder_id,
        coalesce(customers.customer_type, 'individual') = 'individual'
        and consents.customer_id is null as needs_consent,
        cast(customers.revenue_net_12m as double) as revenue,
        cast(case
            when customer_values.residual_value < customers.margin_net_12m then customer_values.residual_value
            else customers.margin_net_12m
        end as double) as at_stake
    from {{ ref('dim_customers') }} as customers
    left join {{ ref('fct_customer_value') }} as customer_values on customers.customer_id = customer_values.customer_id
    left join consents on customers.customer_id = consents.customer_id
),

groups as (
    select
        group_customer_id,
        sum(revenue) as revenue,
        sum(at_stake) as at_stake
    from customers
    group by group_customer_id
),

largest as (
    select
        at_stake,
        revenue / nullif(sum(case when revenue > 0 then revenue end) over (), 0) as revenue_share,
        row_number() over (order by revenue desc, group_customer_id asc) as from_largest
    from groups
),

-- What the deal itself costs, step by step; empty where residual value could not be assessed.
bridge as (
    select
        step,
        cast(-amount as double) as amount,
        customers
    from {{ ref('fct_transfer_bridge') }}
    where amount < 0
),

valued as (
    select cast(max(value_after) as double) as residual_value
    from {{ ref('fct_transfer_bridge') }}
    where step = 'gross' and value_after > 0
),

unproven as (
    select
        cast(sum(unexplained_amount) as double) as revenue,
        sum(orders_unexplained) as orders
    from {{ ref('fct_ledger_bridge') }}
    where unexplained_amount > 0
),

receivables as (
    select
        cast(sum(expected_loss) as double) as expected_loss,
        sum(invoices) as invoices
    from {{ ref('fct_receivables_ageing') }}
    where months_back = 0
),

contracts as (
    select
        cast(sum(
            case
                when ladder.ends_month_on < {{ add_months('current_run.cut_on', 12) }} and ladder.renewal != 'auto'
                    then ladder.annual_value_in_effect
            end
        ) as double) as ending_value,
        sum(
            case
                when ladder.ends_month_on < {{ add_months('current_run.cut_on', 12) }} and ladder.renewal != 'auto'
                    then ladder.contracts
            end
        ) as ending,
        cast(sum(
            case
                when
                    (current_run.deal_structure = 'asset' and ladder.assignment_clause in ('consent', 'prohibited'))
                    or (
                        coalesce(current_run.deal_structure, 'share') = 'share'
                        and ladder.change_of_control_clause in ('consent', 'termination')
                    )
                    then ladder.annual_value_in_effect
            end
        ) as double) as clause_value,
        sum(
            case
                when
                    (current_run.deal_structure = 'asset' and ladder.assignment_clause in ('consent', 'prohibited'))
                    or (
                        coalesce(current_run.deal_structure, 'share') = 'share'
                        and ladder.change_of_control_clause in ('consent', 'termination')
                    )
                    then ladder.contracts
            end
        ) as clauses
    from {{ ref('fct_contract_ladder') }} as ladder
    cross join current_run
),

disputes as (
    select
        cast(sum(amount) as double) as amount,
        count(*) as events
    from {{ ref('fct_legal_exposure') }}
    where is_open
),

people as (
    select
        holders.holder_id,
        max(holders.customers_orphaned) as customers_orphaned,
        max(case when holders.standing in ('staff', 'company_owner') and holders.margin_share >= 0.25 then 1 else 0 end)
        = 1 as is_key,
        sum(customers.at_stake) as held,
        sum(case when customers.is_active then customers.at_stake end) as held_active
    from {{ ref('fct_key_people') }} as holders
    inner join customers on holders.holder_id = customers.holder_id
    group by holders.holder_id
),

held as (
    select
        max(case when is_key then held end) as key_margin,
        sum(case when is_key then 1 else 0 end) as key_people,
        sum(case when customers_orphaned > 0 then held_active end) as orphaned_margin,
        sum(customers_orphaned) as orphaned
    from people
),

warned as (
    select
        sum(customers.at_stake) as margin,
        count(*) as customers
    from {{ ref('fct_churn_warning') }} as warnings
    inner join customers on warnings.customer_id = customers.customer_id
    where warnings.run = 'current' and warnings.is_at_risk
),

unconsented as (
    select
        sum(at_stake) as margin,
        count(*) as customers
    from customers
    where needs_consent
),

claims as (
    select
        sum(case when indicator_code like '%margin%' then overstated_by end) as margin,
        sum(case when indicator_code not like '%margin%' then overstated_by end) as revenue,
        count(*) as claims
    from {{ ref('fct_seller_claims') }}
    where status = 'overstated' and unit = 'money'
),

exposures as (
    {% for finding, step in [
        ('transfer_clauses', 'contract_clauses'),
        ('transfer_consent', 'transfer_consent'),
        ('transfer_owner', 'company_owner'),
        ('transfer_people', 'people_who_leave'),
        ('transfer_partners', 'partners'),
    ] %}
    select
        '{{ finding }}' as finding,
        amount as exposure,
        customers as evidence_rows
    from bridge
    where step = '{{ step }}'
    union all
    {% endfor %}
    select
        'largest_customer',
        case when largest.revenue_share >= 0.1 then largest.at_stake end,
        1
    from largest
    where largest.from_largest = 1
    union all
    select
        'receivables_loss',
        receivables.expected_loss,
        receivables.invoices
    from receivables
    union all
    select
        'contract_expiry',
        contracts.ending_value * rates.margin_rate,
        contracts.ending
    from contracts
    cross join rates
    union all
    -- The next three are steps of the bridge, where there is one.
    select
        'change_of_control',
        case when valued.residual_value is null then contracts.clause_value * rates.margin_rate end,
        contracts.clauses
    from contracts
    cross join rates
    cross join valued
    union all
    select
        'consent_to_transfer',
        case when valued.residual_value is null and current_run.deal_structure = 'asset' then unconsented.margin end,
        unconsented.customers
    from unconsented
    cross join valued
    cross join current_run
    union all
    select
        'key_person',
        case when valued.residual_value is null then held.key_margin end,
        held.key_people
    from held
    cross join valued
    union all
    select
        'open_disputes',
        disputes.amount,
        disputes.events
    from disputes
    union all
    select
        'orphaned_accounts',
        held.orphaned_margin,
        held.orphaned
    from held
    union all
    select
        'churn_warning',
        warned.margin,
        warned.customers
    from warned
    union all
    select
        'deposits_liability',
        deposits_liability,
        1
    from rates
    union all
    select
        'points_liability',
        points_liability,
        1
    from rates
    union all
    select
        'ledger_gap',
        case when rates.has_ledger then unproven.revenue * rates.margin_rate end,
        unproven.orders
    from unproven
    cross join rates
    union all
    select
        'overstated_money',
        coalesce(claims.margin, 0) + coalesce(claims.revenue * rates.margin_rate, 0),
        claims.claims
    from claims
    cross join rates
),

placed as (
    select
        rules.*,
        exposures.exposure,
        exposures.evidence_rows,
        exposures.exposure * rules.base_factor as base,
        row_number() over (order by exposures.exposure * rules.base_factor desc, rules.position asc) as place,
        -- All that the future can lose: what customers are expected to bring, else a year of margin.
        coalesce(valued.residual_value, rates.margin) as future
    from exposures
    inner join rules on exposures.finding = rules.finding
    cross join rates
    cross join valued
    where exposures.exposure > 0
),

-- Several findings take from the same future: each its share of what those above it leave.
shared as (
    select
        *,
        sum(log_own) over so_far as log_left
    from (
        select
            *,
            case
                when pool = 'future' and future > 0
                    then ln(1 - case when base < future * 0.999 then base / future else 0.999 end)
            end as log_own
        from placed
    ) as own
    window so_far as (order by place rows between unbounded preceding and current row)
)

select
    shared.finding,
    cast(shared.place as integer) as place,
    shared.title_en,
    shared.title_zh,
    current_run.currency,
    cast(shared.exposure as {{ money() }}) as exposure,
    cast(shared.exposure * shared.low_factor as {{ money() }}) as money_low,
    cast(shared.base as {{ money() }}) as money_base,
    cast(shared.exposure * shared.high_factor as {{ money() }}) as money_high,
    cast(
        case
            when shared.pool = 'future' and shared.future > 0
                then shared.future * (exp(shared.log_left - shared.log_own) - exp(shared.log_left))
            when shared.pool in ('future', 'owed') then shared.base
            else 0
        end as {{ money() }}
    ) as money_added,
    shared.rationale,
    shared.remedy,
    shared.remedy_en,
    shared.remedy_zh,
    shared.evidence_table,
    shared.evidence_sql,
    cast(shared.evidence_rows as integer) as evidence_rows
from shared
cross join current_run
