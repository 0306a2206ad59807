{{ config(meta={'dagster': {'ref': {'name': 'fct_definition_spread'}}}) }}
-- The assessment uses one convention of each metric, and it gives the published figure. A returned row is a metric with
-- two, or with a figure that is not the indicator's.
select
    metric,
    'uses more than one convention' as fault
from {{ ref('fct_definition_spread') }}
group by metric
having sum(case when is_used then 1 else 0 end) > 1

union all

select
    spread.metric,
    'differs from the indicator' as fault
from {{ ref('fct_definition_spread') }} as spread
inner join {{ ref('fct_indicators') }} as indicators
    on
        indicators.indicator_code = case spread.metric
            when 'active_customers' then 'customers_active'
            when 'churn_rate_12m' then 'churn_rate_12m'
            when 'cac' then 'cac'
            when 'clv_horizon'
                then case spread.convention when 'margin_to_date' then 'clv_historic_mean' else 'clv_residual_mean' end
        end
        and indicators.breakdown = ''
        and indicators.status = 'assessed'
where spread.is_used and abs(spread.value - indicators.value) > 1e-6 * abs(indicators.value) + 1e-9
