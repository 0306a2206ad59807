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
        max(case when indicator_code = 'transfer_consent_coverage' then value end) as transfer_consent_coverage
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
        transfer_consent_coverage,
        case when revenue > 0 and margin > 0 then margin / revenue end as margin_rate
    from indicators
),

groups as (
    select
        group_customer_id,
        cast(sum(revenue_net_12m) as double) as revenue
    from {{ ref('dim_customers') }}
    group by group_customer_id
),

largest as (
    select
        max(revenue) as revenue,
        max(revenue) / nullif(sum(case when revenue > 0 then revenue end), 0) as revenue_share
    from groups
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
        max(
            case
                when standing in ('staff', 'company_owner') and margin_share >= 0.25 then cast(margin_net_12m as double)
            end
        ) as held_margin,
        sum(case when standing in ('staff', 'company_owner') and margin_share >= 0.25 then 1 else 0 end) as holders,
        cast(sum(case when customers_orphaned > 0 then margin_net_12m end) as double) as orphaned_margin,
        sum(customers_orphaned) as orphaned
    from {{ ref('fct_key_people') }}
),

warned as (
    select
        cast(sum(margin_net_12m) as double) as margin,
        count(*) as customers
    from {{ ref('fct_churn_warning') }}
    where run = 'current' and is_at_risk
),

claims as (
    select
        sum(overstated_by) as amount,
        count(*) as claims
    from {{ ref('fct_seller_claims') }}
    where status = 'overstated' and unit = 'money'
),

exposures as (
    select
        'largest_customer' as finding,
        case when largest.revenue_share >= 0.1 then largest.revenue * rates.margin_rate end as exposure,
        1 as evidence_rows
    from largest
    cross join rates
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
    select
        'change_of_control',
        contracts.clause_value * rates.margin_rate,
        contracts.clauses
    from contracts
    cross join rates
    union all
    select
        'open_disputes',
        disputes.amount,
        disputes.events
    from disputes
    union all
    select
        'key_person',
        people.held_margin,
        people.holders
    from people
    union all
    select
        'orphaned_accounts',
        people.orphaned_margin,
        people.orphaned
    from people
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
        'consent_to_transfer',
        case when current_run.deal_structure = 'asset' then (1 - rates.transfer_consent_coverage) * rates.margin end,
        1
    from rates
    cross join current_run
    union all
    select
        'overstated_money',
        claims.amount,
        claims.claims
    from claims
)

select
    rules.finding,
    cast(row_number() over (order by exposures.exposure * rules.base_factor desc, rules.position asc) as integer)
        as place,
    rules.title_en,
    rules.title_zh,
    current_run.currency,
    cast(exposures.exposure as {{ money() }}) as exposure,
    cast(exposures.exposure * rules.low_factor as {{ money() }}) as money_low,
    cast(exposures.exposure * rules.base_factor as {{ money() }}) as money_base,
    cast(exposures.exposure * rules.high_factor as {{ money() }}) as money_high,
    rules.rationale,
    rules.remedy,
    rules.remedy_en,
    rules.remedy_zh,
    rules.evidence_table,
    rules.evidence_sql,
    cast(exposures.evidence_rows as integer) as evidence_rows
from exposures
inner join rules on exposures.finding = rules.finding
cross join current_run
where exposures.exposure > 0
