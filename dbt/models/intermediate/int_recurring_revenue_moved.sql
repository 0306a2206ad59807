-- What each customer's live contracts were worth a year at the opening and at the close of each of the last ten years,
-- which are counted back from as-of.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

contract_values as (
    select * from {{ ref('int_contract_values_prepared') }}
),

numbers as (
    {{ number_rows(11) }}
),

closes as (
    select
        numbers.n - 1 as years_back,
        {{ add_months('current_run.cut_on', '-12 * (numbers.n - 1)') }} as cut_on
    from numbers
    cross join current_run
),

live as (
    select
        closes.years_back,
        contract_values.customer_id,
        sum(contract_values.annual_value) as annual_value
    from closes
    inner join contract_values
        on
            closes.cut_on > contract_values.starts_on
            and closes.cut_on > contract_values.effective_on
            and coalesce(closes.cut_on <= contract_values.effective_before_on, true)
            and (
                contract_values.live_until_on is null
                or contract_values.live_until_on >= {{ dbt.dateadd('day', -1, 'closes.cut_on') }}
            )
    group by
        closes.years_back,
        contract_values.customer_id
),

moved as (
    select
        coalesce(closing.years_back, opening.years_back - 1) as years_back,
        coalesce(closing.customer_id, opening.customer_id) as customer_id,
        coalesce(opening.annual_value, 0) as opening,
        coalesce(closing.annual_value, 0) as closing
    from live as closing
    full outer join live as opening
        on closing.customer_id = opening.customer_id and closing.years_back = opening.years_back - 1
)

select
    cast(years_back as integer) as years_back,
    customer_id,
    cast(opening as {{ money() }}) as opening,
    cast(closing as {{ money() }}) as closing,
    cast(case when opening = 0 then closing else 0 end as {{ money() }}) as new,
    cast(case when opening > 0 and closing > opening then closing - opening else 0 end as {{ money() }}) as expansion,
    cast(case when closing > 0 and closing < opening then opening - closing else 0 end as {{ money() }}) as contraction,
    cast(case when closing = 0 then opening else 0 end as {{ money() }}) as churn
from moved
-- The oldest close only opens the year after it, and what opens at as-of has no close yet.
where years_back between 0 and 9
