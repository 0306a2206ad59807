with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

cuts as (
    select * from {{ ref('int_customer_transfer_cuts') }}
)

select
    cuts.customer_id,
    current_run.deal_structure,
    cast(cuts.residual_value as {{ money() }}) as residual_value,
    {{ steady('cuts.clause_survival') }} as clause_survival,
    {{ steady('cuts.consent_survival') }} as consent_survival,
    cuts.holder_id,
    cuts.holder_kind,
    {{ steady('cuts.holder_survival') }} as holder_survival,
    cuts.partner_id,
    cuts.partner_kind,
    {{ steady('cuts.partner_survival') }} as partner_survival,
    {{ steady('cuts.survival') }} as survival,
    cast(cuts.residual_value * cuts.survival as {{ money() }}) as transferable_value
from cuts
cross join current_run
