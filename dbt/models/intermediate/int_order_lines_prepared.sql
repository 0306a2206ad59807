-- Every loaded order line with its amount; a line marked as a return always takes money back, less the discount it
-- was sold with.
with

lines as (
    select * from {{ ref('stg_crm__order_lines') }}
    where removed_on is null
)

select
    order_id,
    line_no,
    customer_id,
    ordered_at,
    ordered_on,
    product_id,
    product_name,
    category,
    region,
    is_return,
    quantity,
    unit_price,
    case when is_return then -abs(discount_amount) else discount_amount end as discount_amount,
    cast(
        case when is_return then -abs(quantity * unit_price) else quantity * unit_price end as {{ money() }}
    ) as line_amount,
    cast(
        case when is_return then -abs(quantity * unit_cost) else quantity * unit_cost end as {{ money() }}
    ) as line_cost,
    source_file,
    source_line
from lines
