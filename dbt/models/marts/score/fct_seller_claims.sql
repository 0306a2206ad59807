with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

claims as (
    select * from {{ ref('stg_crm__seller_claims') }}
    where removed_on is null
),

-- Sellers also claim totals that no indicator scores: a sum of a table, in the words they use.
totals as (
    select
        'contracts_live_annual_value' as indicator_code,
        'Annual value of live contracts, as signed' as name_en,
        '有效合同年金额（签约值）' as name_zh,
        'money' as unit,
        cast(sum(annual_value) as double) as value,
        cast(sum(contracts) as bigint) as n,
        'needs contracts with an annual value' as reason_if_none,
        '缺少合同年金额' as reason_zh_if_none,
        'risk.fct_contract_ladder' as mart,
        'select * from risk.fct_contract_ladder order by ends_month_on' as evidence_sql
    from {{ ref('fct_contract_ladder') }}
),

indicators as (
    select
        indicators.indicator_code,
        indicators.name_en,
        indicators.name_zh,
        indicators.unit,
        indicators.value,
        indicators.ci_low,
        indicators.ci_high,
        indicators.n,
        indicators.reason,
        indicators.reason_zh,
        catalogue.direction,
        catalogue.mart,
        'select * from score.fct_indicators where indicator_code = ''' || indicators.indicator_code || ''''
            as evidence_sql
    from {{ ref('fct_indicators') }} as indicators
    inner join {{ ref('indicators') }} as catalogue on indicators.indicator_code = catalogue.indicator_code
    where indicators.breakdown = ''
    union all
    select
        indicator_code,
        name_en,
        name_zh,
        unit,
        value,
        null as ci_low,
        null as ci_high,
        n,
        case when value is null then reason_if_none end as reason,
        case when value is null then reason_zh_if_none end as reason_zh,
        'higher' as direction,
        mart,
        evidence_sql
    from totals
),

settings as (
    select max(case when setting = 'claim_tolerance' then value end) as claim_tolerance
    from {{ ref('score_settings') }}
),

compared as (
    select
        claims.claim_id,
        claims.indicator_code,
        claims.period_end,
        cast(claims.claimed_value as double) as claimed,
        indicators.name_en,
        indicators.name_zh,
        indicators.unit,
        indicators.value as measured,
        indicators.ci_low,
        indicators.ci_high,
        indicators.n,
        indicators.reason,
        indicators.reason_zh,
        indicators.direction,
        indicators.mart,
        indicators.evidence_sql,
        indicators.indicator_code is not null as is_known,
        coalesce(claims.period_end, current_run.as_of_on) = current_run.as_of_on as is_of_this_period,
        settings.claim_tolerance
    from claims
    cross join current_run
    cross join settings
    left join indicators on claims.indicator_code = indicators.indicator_code
),

-- Seller and assessment count the same rows: sampling error excuses no difference, only what is immaterial does.
judged as (
    select
        *,
        (case when direction = 'lower' then -1 else 1 end) * (claimed - measured) as flattering,
        abs(claimed - measured) <= claim_tolerance * abs(measured) as is_rounding
    from compared
)

select
    claim_id,
    indicator_code,
    name_en,
    name_zh,
    unit,
    period_end,
    {{ steady('claimed') }} as claimed_value,
    case when is_of_this_period then {{ steady('measured') }} end as measured_value,
    case when is_of_this_period then ci_low end as ci_low,
    case when is_of_this_period then ci_high end as ci_high,
    case when is_of_this_period then n end as n,
    case
        when measured is null or not is_of_this_period then 'not_verifiable'
        when is_rounding then 'confirmed'
        when flattering > 0 then 'overstated'
        else 'understated'
    end as status,
    case when is_of_this_period and not is_rounding and flattering > 0 then {{ steady('flattering') }} end
        as overstated_by,
    case
        when is_of_this_period and not is_rounding and flattering > 0
            then {{ steady('flattering / nullif(abs(measured), 0)') }}
    end as overstated_share,
    case
        when not is_known then 'no indicator of this name is measured'
        when measured is null then reason
        when not is_of_this_period then 'it is about another period than the one assessed'
    end as reason,
    case
        when not is_known then '没有对应的指标'
        when measured is null then reason_zh
        when not is_of_this_period then '所述期间与评估期间不同'
    end as reason_zh,
    mart as evidence_table,
    evidence_sql
from judged
