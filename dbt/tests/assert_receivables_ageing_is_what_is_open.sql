{{ config(meta={'dagster': {'ref': {'name': 'fct_receivables_ageing'}}}) }}
-- At every close the buckets add up to what is open by invoice: a gap between two buckets would hide a debt, an
-- overlap would double it. No more can be disputed or lost than is owed. A returned row does not add up.
with

ageing as (
    select
        months_back,
        sum(open_amount) as open_amount,
        sum(disputed_amount) as disputed_amount,
        sum(expected_loss) as expected_loss
    from {{ ref('fct_receivables_ageing') }}
    group by months_back
),

receivables as (
    select
        months_back,
        sum(open_amount) as open_amount
    from {{ ref('int_receivables_aged') }}
    group by months_back
)

select
    receivables.months_back,
    receivables.open_amount as expected,
    ageing.open_amount
from receivables
left join ageing on receivables.months_back = ageing.months_back
where
    receivables.open_amount != coalesce(ageing.open_amount, 0)
    or ageing.disputed_amount > ageing.open_amount
    or ageing.expected_loss > ageing.open_amount
