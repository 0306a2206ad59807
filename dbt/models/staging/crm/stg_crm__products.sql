select
    product_id,
    name,
    category,
    role,
    list_price,
    unit_cost,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'products') }}
