with

valued as (
    select * from {{ ref('fct_customer_value') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

cut as (
    select
        valued.customer_id,
        valued.status,
        valued.residual_value,
        coalesce(customers.rfm_segment, 'unknown') as segment,
        coalesce(customers.value_tier, 'unknown') as tier,
        coalesce(customers.acquisition_channel, 'unknown') as channel,
        coalesce(cast(extract(year from customers.first_order_on) as varchar), 'unknown') as cohort
    from valued
    inner join customers on valued.customer_id = customers.customer_id
),

grouped as (
    {% for breakdown in ['total', 'segment', 'tier', 'channel', 'cohort'] %}
    select
        '{{ breakdown }}' as breakdown,
        {% if breakdown == 'total' %}''{% else %}{{ breakdown }}{% endif %} as breakdown_value,
        customer_id,
        status
    from cut
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

members as (
    select
        'current' as run,
        'residual' as kind,
        breakdown,
        breakdown_value,
        customer_id,
        1 as weight
    from grouped
    where status = 'assessed'
),

base as (
    {{ forecasts_by_group('members') }}
),

counted as (
    select
        breakdown,
        breakdown_value,
        count(*) as customers,
        count(case when status = 'assessed' then 1 end) as customers_assessed
    from grouped
    group by
        breakdown,
        breakdown_value
),

-- What a customer brings in a scenario over what he brings as predicted.
scenario_values as (
    select
        members.breakdown,
        members.breakdown_value,
        scenarios.scenario,
        sum(scenarios.residual_value) as residual_value
    from members
    inner join {{ source('predictions', 'customer_scenarios') }} as scenarios
        on
            members.customer_id = scenarios.customer_id
            and scenarios.component != 'referral'
    group by
        members.breakdown,
        members.breakdown_value,
        scenarios.scenario
),

listed as (
    select
        counted.breakdown,
        counted.breakdown_value,
        scenarios.scenario,
        scenarios.position,
        counted.customers,
        counted.customers_assessed,
        case
            when counted.customers_assessed > 0 then coalesce(scenario_values.residual_value, 0)
        end as residual_value,
        base.residual_value as base_value,
        base.residual_variance as base_variance
    from counted
    cross join {{ ref('value_scenarios') }} as scenarios
    left join base
        on
            counted.breakdown = base.breakdown
            and counted.breakdown_value = base.breakdown_value
    left join scenario_values
        on
            counted.breakdown = scenario_values.breakdown
            and counted.breakdown_value = scenario_values.breakdown_value
            and scenarios.scenario = scenario_values.scenario
),

-- A scenario moves the amount; the doubt about it, as a share, stays.
scaled as (
    select
        *,
        base_variance * power(residual_value / nullif(base_value, 0), 2) as variance
    from listed
)

select
    breakdown,
    breakdown_value,
    scenario,
    cast(customers as integer) as customers,
    cast(customers_assessed as integer) as customers_assessed,
    cast({{ amount_bound('residual_value', 'coalesce(variance, 0)', 'low') }} as {{ money() }}) as residual_low,
    cast(residual_value as {{ money() }}) as residual_value,
    cast({{ amount_bound('residual_value', 'coalesce(variance, 0)', 'high') }} as {{ money() }}) as residual_high,
    {{ steady(
        '(residual_value / nullif(sum(case when breakdown = \'total\' then residual_value end)'
        ' over (partition by scenario), 0))'
    ) }} as share_of_total,
    case when customers_assessed > 0 then 'assessed' else 'not_assessed' end as status
from scaled
