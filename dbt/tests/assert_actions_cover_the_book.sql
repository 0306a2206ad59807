{{ config(meta={'dagster': {'ref': {'name': 'fct_actions'}}}) }}
-- Every customer has one action, and a rule without a row in the seed would drop its customers. A returned row is a
-- customer without an action, or one whose money is worth more than what is at stake.
select
    customers.customer_id,
    actions.rule
from {{ ref('dim_customers') }} as customers
left join {{ ref('fct_actions') }} as actions on customers.customer_id = actions.customer_id
where
    actions.customer_id is null
    or abs(actions.expected_value) > abs(actions.value_at_stake) + 0.0001
