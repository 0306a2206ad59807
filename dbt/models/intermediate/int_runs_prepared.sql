-- The dates and settings of each run. Everything that depends on "when" or on the trade joins this.
with

parameters as (
    select * from {{ source('evidence', 'run_parameters') }}
),

profiles as (
    select * from {{ ref('profiles') }}
)

select
    parameters.run,
    parameters.company_id,
    parameters.as_of_on,
    parameters.cut_on,
    parameters.months_shift,
    {{ add_months('parameters.cut_on', -12) }} as window_start_on,
    parameters.currency,
    parameters.timezone,
    parameters.revenue_source,
    parameters.gross_margin,
    parameters.discount_rate,
    parameters.deal_structure,
    parameters.market_industry,
    parameters.market_region,
    profiles.profile,
    profiles.active_months,
    profiles.new_months,
    profiles.lapsing_months,
    profiles.is_active_by_contract,
    profiles.is_active_from_event,
    profiles.is_one_purchase
from parameters
inner join profiles on parameters.profile = profiles.profile
