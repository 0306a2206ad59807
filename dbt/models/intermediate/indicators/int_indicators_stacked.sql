-- Every measured indicator as its own model gives it, one dimension after the other.
{% set parts = [
    'scale',
    'structure',
    'satisfaction',
    'loyalty',
    'programme',
    'retention',
    'churn',
    'channels',
    'service',
    'relationship',
    'data_quality',
    'privacy',
    'crm',
    'risk',
    'market',
    'book_structure',
    'book_value',
    'value_predicted',
    'segmentation',
    'qualitative',
    'bootstrapped',
    'ratios',
] %}

{% for part in parts %}
select * from {{ ref('int_indicators_' ~ part) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
