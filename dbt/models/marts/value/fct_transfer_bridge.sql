-- Each step takes its cut of what the steps before it left, customer by customer, so that the steps add up.
with

cuts as (
    select * from {{ ref('int_customer_transfer_cuts') }}
),

steps as (
    select
        count(*) as customers,
        sum(residual_value) as gross,
        sum(residual_value * clause_survival) as after_clauses,
        sum(residual_value * clause_survival * consent_survival) as after_consent,
        sum(
            residual_value * clause_survival * consent_survival
            * case when holder_kind = 'company_owner' then holder_survival else 1 end
        ) as after_owner,
        sum(residual_value * clause_survival * consent_survival * holder_survival) as after_people,
        sum(residual_value * survival) as transferable,
        count(case when clause_survival < 1 then 1 end) as cut_by_clauses,
        count(case when consent_survival < 1 then 1 end) as cut_by_consent,
        count(case when holder_kind = 'company_owner' and holder_survival < 1 then 1 end) as cut_by_owner,
        count(case when holder_kind != 'company_owner' and holder_survival < 1 then 1 end) as cut_by_people,
        count(case when partner_survival < 1 then 1 end) as cut_by_partners
    from cuts
),

members as (
    select
        'current' as run,
        'residual' as kind,
        'gross' as breakdown,
        '' as breakdown_value,
        customer_id,
        1.0 as weight
    from cuts

    union all

    select
        'current' as run,
        'residual' as kind,
        'transferable' as breakdown,
        '' as breakdown_value,
        customer_id,
        survival as weight
    from cuts
),

doubts as (
    {{ forecasts_by_group('members') }}
),

bridge as (
    {% set steps = [
        ('gross', 'gross', None, 'customers'),
        ('contract_clauses', 'after_clauses', 'gross', 'cut_by_clauses'),
        ('transfer_consent', 'after_consent', 'after_clauses', 'cut_by_consent'),
        ('company_owner', 'after_owner', 'after_consent', 'cut_by_owner'),
        ('people_who_leave', 'after_people', 'after_owner', 'cut_by_people'),
        ('partners', 'transferable', 'after_people', 'cut_by_partners'),
        ('transferable', 'transferable', None, 'customers'),
    ] %}
    {% for step, after, before, customers in steps %}
    select
        {{ loop.index }} as position,
        '{{ step }}' as step,
        {{ customers }} as customers,
        {% if before %}{{ after }} - {{ before }}{% else %}{{ after }}{% endif %} as amount,
        {{ after }} as value_after
    from steps
    where customers > 0
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    cast(bridge.position as integer) as position,
    bridge.step,
    cast(bridge.customers as integer) as customers,
    cast(bridge.amount as {{ money() }}) as amount,
    cast(bridge.value_after as {{ money() }}) as value_after,
    cast({{ amount_bound('doubts.residual_value', 'doubts.residual_variance', 'low') }} as {{ money() }}) as value_low,
    cast({{ amount_bound('doubts.residual_value', 'doubts.residual_variance', 'high') }} as {{ money() }}) as value_high
from bridge
left join doubts on bridge.step = doubts.breakdown
