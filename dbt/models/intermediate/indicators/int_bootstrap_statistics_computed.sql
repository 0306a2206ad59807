-- Every resampled statistic in every replicate.
with

weights as (
    select * from {{ ref('int_bootstrap_weights_drawn') }}
),

customers as (
    select * from weights
    where unit_kind = 'customer'
),

spenders as (
    select
        *,
        sum(weight) over (partition by replicate order by spend, unit_id rows unbounded preceding) - weight
            as rank_before,
        sum(weight) over (partition by replicate) as copies
    from customers
    where orders > 0 and spend > 0
),

spending as (
    select
        replicate,
        sum(weight * spend) / nullif(sum(weight * orders), 0) as aov_12m,
        sum(weight * spend) / nullif(sum(weight), 0) as spend_per_customer_12m,
        min(case when rank_before + weight >= copies * 0.5 then spend end) as spend_median_12m,
        2 * sum(spend * (weight * rank_before + weight * (weight + 1) / 2.0))
        / nullif(sum(weight) * sum(weight * spend), 0)
        - (sum(weight) + 1.0) / nullif(sum(weight), 0) as spend_gini,
        sum(weight) as units
    from spenders
    group by replicate
),

totals as (
    select
        replicate,
        sum(weight * margin_to_date) / nullif(sum(case when margin_to_date is not null then weight end), 0)
            as clv_historic_mean,
        sum(case when is_customer then weight else 0 end) as units
    from customers
    where is_customer
    group by replicate
),

-- Where the margin of any group that bought is unknown, nobody's share of margin is known.
margins_known as (
    select count(margin) = count(*) as is_known
    from weights
    where unit_kind = 'group' and replicate = 0 and spend > 0
),

-- Shares are of what is earned: a group that brought less than nothing has none.
{% for measure in ['spend', 'margin'] %}
ranked_by_{{ measure }} as (
    select
        weights.replicate,
        weights.weight,
        weights.{{ measure }} as amount,
        sum(weights.weight) over (
            partition by weights.replicate
            order by weights.{{ measure }} desc, weights.unit_id asc
            rows unbounded preceding
        ) - weights.weight as rank_before,
        ceil(sum(weights.weight) over (partition by weights.replicate) * 0.1) as decile_size
    from weights
    {% if measure == 'margin' %}cross join margins_known{% endif %}
    where weights.unit_kind = 'group' and weights.{{ measure }} > 0{% if measure == 'margin' %}
        and margins_known.is_known{% endif %}

),

concentration_of_{{ measure }} as (
    select
        replicate,
        sum(amount * least(weight, greatest(1 - rank_before, 0))) / sum(weight * amount) as top1_share,
        sum(amount * least(weight, greatest(10 - rank_before, 0))) / sum(weight * amount) as top10_share,
        sum(amount * least(weight, greatest(20 - rank_before, 0))) / sum(weight * amount) as top_customers,
        sum(amount * least(weight, greatest(decile_size - rank_before, 0))) / sum(weight * amount)
            as contribution_top_decile,
        sum(weight * amount * amount) / (sum(weight * amount) * sum(weight * amount)) as customer_hhi,
        sum(weight) as units
    from ranked_by_{{ measure }}
    group by replicate
),
{% endfor %}

{% for bucket in ['source', 'region', 'customer_type', 'industry'] %}
{{ bucket }}_revenue as (
    select
        replicate,
        {{ bucket }},
        sum(weight * spend) as spend,
        sum(weight) as units
    from customers
    where spend > 0
    group by
        replicate,
        {{ bucket }}
),

{{ bucket }}_concentration as (
    select
        replicate,
        sum(spend * spend) / (sum(spend) * sum(spend)) as hhi,
        sum(units) as units
    from {{ bucket }}_revenue
    group by replicate
),
{% endfor %}

statistics as (
    {% for code in ['aov_12m', 'spend_per_customer_12m', 'spend_median_12m', 'spend_gini'] %}
    select
replicate,
'{{ code }}' as indicator_code,
'' as breakdown,
'' as breakdown_value,
{{ code }} as value,
units
from spending
    union all
    {% endfor %}
    {% for code in ['top1_share', 'top10_share', 'top_customers', 'contribution_top_decile', 'customer_hhi'] %}
    select
replicate,
'{{ code }}' as indicator_code,
'' as breakdown,
'' as breakdown_value,
{{ code }} as value,
units
from concentration_of_spend
    union all
    {% endfor %}
    {% for code in ['top1_share', 'top10_share', 'contribution_top_decile', 'customer_hhi'] %}
    select
replicate,
'{{ code }}' as indicator_code,
'measure' as breakdown,
'margin' as breakdown_value,
{{ code }} as value,
units
from concentration_of_margin
    union all
    {% endfor %}
    {% for code, bucket in [
        ('source_concentration', 'source'),
        ('region_concentration', 'region'),
        ('type_concentration', 'customer_type'),
        ('industry_concentration', 'industry'),
    ] %}
    select
replicate,
'{{ code }}' as indicator_code,
'' as breakdown,
'' as breakdown_value,
hhi as value,
units
from {{ bucket }}_concentration
    union all
    {% endfor %}
    select
replicate,
'largest_customer_share' as indicator_code,
'' as breakdown,
'' as breakdown_value,
top1_share as value,
units
from concentration_of_spend
    union all
    select
replicate,
'clv_historic_mean' as indicator_code,
'' as breakdown,
'' as breakdown_value,
clv_historic_mean as value,
units
from totals
)

select *
from statistics
