-- Data quality; the dimensions and the match with the ledger come resampled from int_indicators_ratios.
with

live_consents as (
    select distinct customer_id
    from {{ ref('int_consents_prepared') }}
    where is_live
),

-- Records a seller still holds. Performing a contract is a lawful basis; beyond it a consent has to be in force.
records as (
    select
        customers.customer_id,
        customers.is_active or live_consents.customer_id is not null as has_basis
    from {{ ref('dim_customers') }} as customers
    left join live_consents on customers.customer_id = live_consents.customer_id
    where customers.record_source = 'customers'
),

fields as (
    select distinct
        inputs.entity,
        inputs."column" as column_name
    from {{ ref('fct_inputs') }} as inputs
    where inputs.delivered and inputs.non_null > 0
),

assessable as (
    select indicator_code from {{ ref('int_indicator_evidence_checked') }}
    where is_assessable
),

used as (
    select distinct
        inputs.entity,
        inputs.column_name
    from {{ ref('indicator_inputs') }} as inputs
    inner join assessable on inputs.indicator_code = assessable.indicator_code
)

select
    'compliance_coverage' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(null as double) as value,
    cast(sum(case when has_basis then 1 else 0 end) as double) as numerator,
    cast(count(*) as double) as denominator,
    count(*) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from records

union all

select
    'analytics_use' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    null as value,
    sum(case when used.entity is not null then 1 else 0 end) as numerator,
    count(*) as denominator,
    count(*) as n,
    null as ci_low,
    null as ci_high
from fields
left join used on fields.entity = used.entity and fields.column_name = used.column_name
