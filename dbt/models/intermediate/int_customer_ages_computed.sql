-- Completed years at as-of. It stays in the restricted file: an exact age with a region is nearly a name.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
)

select
    customers.customer_id,
    cast(
        extract(year from current_run.as_of_on) - extract(year from customers.birth_date)
        - case
            when
                extract(month from current_run.as_of_on) * 100 + extract(day from current_run.as_of_on)
                < extract(month from customers.birth_date) * 100 + extract(day from customers.birth_date) then 1
            else 0
        end as integer
    ) as age_years
from {{ ref('int_customers_unioned') }} as customers
cross join current_run
where customers.birth_date is not null
