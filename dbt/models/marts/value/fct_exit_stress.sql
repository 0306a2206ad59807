-- If one person, partner or parent leaves, and takes along what the assumptions say: what is left of the transferable
-- value? Each row alone, not together with the others. Who leaves is no longer cut for the chance that he might.
with

cuts as (
    select * from {{ ref('int_customer_transfer_cuts') }}
),

assumptions as (
    select
        assumption,
        value
    from {{ ref('int_value_settings_prepared') }}
),

-- A parent is one decision over several customers.
parents as (
    select group_customer_id
    from cuts
    group by group_customer_id
    having count(*) > 1
),

dependences as (
    select
        case when holder_kind = 'company_owner' then 'company_owner' else 'person' end as dependence,
        holder_id as dependence_id,
        'loss_if_person_leaves' as assumption,
        residual_value,
        residual_value * survival as transferable_value,
        residual_value * survival / nullif(holder_survival, 0) as value_before
    from cuts
    where holder_kind != 'nobody'

    union all

    select
        'partner' as dependence,
        partner_id as dependence_id,
        'loss_if_partner_leaves' as assumption,
        residual_value,
        residual_value * survival as transferable_value,
        residual_value * survival / nullif(partner_survival, 0) as value_before
    from cuts
    where partner_kind != 'none'

    union all

    select
        'parent' as dependence,
        cuts.group_customer_id as dependence_id,
        'loss_if_parent_leaves' as assumption,
        cuts.residual_value,
        cuts.residual_value * cuts.survival as transferable_value,
        cuts.residual_value * cuts.survival as value_before
    from cuts
    inner join parents on cuts.group_customer_id = parents.group_customer_id
),

book as (
    select
        sum(residual_value) as residual_value,
        sum(residual_value * survival) as transferable_value
    from cuts
),

summed as (
    select
        dependences.dependence,
        dependences.dependence_id,
        count(*) as customers,
        sum(dependences.residual_value) as residual_value,
        sum(dependences.transferable_value) as transferable_value,
        sum(dependences.value_before * (1 - assumptions.value)) as value_left
    from dependences
    inner join assumptions on dependences.assumption = assumptions.assumption
    group by
        dependences.dependence,
        dependences.dependence_id
)

select
    summed.dependence,
    summed.dependence_id,
    cast(summed.customers as integer) as customers,
    cast(summed.residual_value as {{ money() }}) as residual_value,
    {{ steady('(summed.residual_value / nullif(book.residual_value, 0))') }} as residual_share,
    cast(summed.transferable_value - summed.value_left as {{ money() }}) as value_lost,
    cast(book.transferable_value - summed.transferable_value + summed.value_left as {{ money() }})
        as transferable_after,
    {{ steady('((summed.transferable_value - summed.value_left) / nullif(book.transferable_value, 0))') }} as lost_share
from summed
cross join book
