-- Structure: the share of each customer type in revenue, beside its share in customers.
with

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer and revenue_net_12m != 0
)

{% for code, customer_type in [
    ('government_share', 'government'),
    ('enterprise_share', 'enterprise'),
    ('institution_share', 'institution'),
    ('individual_share', 'individual'),
] %}
select
    '{{ code }}' as indicator_code,
    'measure' as breakdown,
    'of_revenue' as breakdown_value,
    customer_id as unit_id,
    case when customer_type = '{{ customer_type }}' then revenue_net_12m else 0 end as numerator,
    revenue_net_12m as denominator
from customers
where customer_type is not null
{% if not loop.last %}union all{% endif %}
{% endfor %}
