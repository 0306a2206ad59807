-- Structure; the concentrations come resampled from int_indicators_bootstrapped.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

referred as (
    select distinct referred_customer_id as customer_id
    from {{ ref('int_referrals_prepared') }}
    where referred_customer_id is not null
),

newcomers as (
    select
        count(*) as customers,
        sum(
            case
                when referred.customer_id is not null or lower(customers.acquisition_channel) = 'referral' then 1
                else 0
            end
        ) as by_referral
    from customers
    cross join current_run
    left join referred on customers.customer_id = referred.customer_id
    where customers.first_order_on >= current_run.window_start_on
),

types as (
    select
        customer_type,
        count(*) as customers,
        sum(count(*)) over () as all_customers
    from customers
    where is_active
    group by customer_type
)

select
    'share_new_by_referral' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(null as double) as value,
    cast(by_referral as double) as numerator,
    cast(customers as double) as denominator,
    cast(customers as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from newcomers

union all

{% for code, customer_type in [
    ('government_share', 'government'),
    ('enterprise_share', 'enterprise'),
    ('institution_share', 'institution'),
    ('individual_share', 'individual'),
] %}
select
    '{{ code }}' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    null as value,
    coalesce(sum(case when customer_type = '{{ customer_type }}' then customers end), 0) as numerator,
    max(all_customers) as denominator,
    max(all_customers) as n,
    null as ci_low,
    null as ci_high
from types
{% if not loop.last %}union all{% endif %}
{% endfor %}
