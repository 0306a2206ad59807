-- Every resampled statistic in every replicate.
{% set buckets = ['source', 'region', 'customer_type', 'industry'] %}
with

-- Units are drawn anew for each use: kept for all of them, the draws of a large book would fill the disk.
spenders as (
    select
        replicate,
        weight,
        spend,
        orders,
        sum(weight) over (partition by replicate order by spend, unit_id rows unbounded preceding) - weight
            as rank_before,
        sum(weight) over (partition by replicate) as copies
    from {{ ref('int_bootstrap_weights_drawn') }}
    where unit_kind = 'customer' and orders > 0 and spend > 0
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

-- One pass for all that needs no order: a few combinations of the buckets.
combinations as (
    select
        replicate,
        {% for bucket in buckets %}
        {{ bucket }},
        {% endfor %}
        sum(case when spend > 0 then weight * spend end) as spend,
        sum(case when spend > 0 then weight end) as spending_units,
        sum(case when is_customer then weight * margin_to_date end) as margin_to_date,
        sum(case when is_customer and margin_to_date is not null then weight end) as known_units,
        sum(case when is_customer then weight end) as units
    from {{ ref('int_bootstrap_weights_drawn') }}
    where unit_kind = 'customer'
    group by
        replicate,
        {% for bucket in buckets %}
        {{ bucket }} {{- ',' if not loop.last }}
        {% endfor %}
),

totals as (
    select
        replicate,
        sum(margin_to_date) / nullif(sum(known_units), 0) as clv_historic_mean,
        sum(units) as units
    from combinations
    group by replicate
    having sum(units) > 0
),

{% for bucket in buckets %}
{{ bucket }}_revenue as (
    select
        replicate,
        {{ bucket }},
        sum(spend) as spend,
        sum(spending_units) as units
    from combinations
    where spend is not null
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

-- Where the margin of any group that bought is unknown, nobody's share of margin is known.
margins_known as (
    select count(margin) = count(*) as is_known
    from {{ ref('int_bootstrap_units_prepared') }}
    where unit_kind = 'group' and spend > 0
),

-- Shares are of what is earned: a group that brought less than nothing has none.
earned as (
    select
        replicate,
        {% for measure in ['spend', 'margin'] %}
        sum(case when {{ measure }} > 0 then weight end) as {{ measure }}_units,
        ceil(sum(case when {{ measure }} > 0 then weight end) * 0.1) as {{ measure }}_decile_size,
        sum(case when {{ measure }} > 0 then weight * {{ measure }} end) as {{ measure }},
        sum(case when {{ measure }} > 0 then weight * {{ measure }} * {{ measure }} end) as {{ measure }}_squares
        {{- ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_bootstrap_weights_drawn') }}
    where unit_kind = 'group'
    group by replicate
),

{% for measure in ['spend', 'margin'] %}
ranked_by_{{ measure }} as (
    select
        replicate,
        weight,
        {{ measure }} as amount,
        sum(weight) over (
            partition by replicate
            order by {{ measure }} desc, unit_id asc
            rows unbounded preceding
        ) - weight as rank_before
    from {{ ref('int_bootstrap_weights_drawn') }}
    where unit_kind = 'group' and is_head_by_{{ measure }}
),

concentration_of_{{ measure }} as (
    select
        ranked.replicate,
        {% for share, size in [
            ('top1_share', '1'),
            ('top10_share', '10'),
            ('top_customers', '20'),
            ('contribution_top_decile', 'earned.' ~ measure ~ '_decile_size'),
        ] %}
        sum(ranked.amount * least(ranked.weight, greatest({{ size }} - ranked.rank_before, 0)))
        / max(earned.{{ measure }}) as {{ share }},
        {% endfor %}
        max(earned.{{ measure }}_squares) / (max(earned.{{ measure }}) * max(earned.{{ measure }})) as customer_hhi,
        max(earned.{{ measure }}_units) as units
    from ranked_by_{{ measure }} as ranked
    inner join earned on ranked.replicate = earned.replicate
    {% if measure == 'margin' %}inner join margins_known on margins_known.is_known{% endif %}

    group by ranked.replicate
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
