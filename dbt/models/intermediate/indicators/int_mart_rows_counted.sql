-- How many rows each table of the item seed came out with. A table that no item names is not listed, one that an item
-- names and that is missing here is not built: the test of the item coverage holds the two lists together.
{% set marts = [
    'customer.dim_customers',
    'customer.fct_customer_census',
    'customer.fct_customer_mix',
    'customer.fct_customer_months',
    'customer.fct_order_lines',
    'customer.fct_orders',
    'cohort.fct_cohort_retention',
    'cohort.fct_cohort_revenue',
    'quality.fct_dimension_quality',
    'quality.fct_inputs',
    'quality.fct_restatements',
    'risk.fct_concentration',
    'risk.fct_contract_ladder',
    'risk.fct_key_people',
    'risk.fct_legal_exposure',
    'risk.fct_market_exposure',
    'risk.fct_receivables_ageing',
    'score.fct_dimension_scores',
    'score.fct_indicator_scores',
    'score.fct_overall_score',
] %}

{% for mart in marts %}
select
    '{{ mart }}' as table_name,
    count(*) as row_count
from {{ ref(mart.split('.')[1]) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
