-- A cap on the wrong side of the target, or a floor on the target, gives scores out of nothing. A returned row is a set
-- of goalposts that cannot be a line.
select
    profile,
    indicator_code
from {{ ref('goalposts') }}
where
    floor_value = target_value
    or (sweet_until_value - target_value) * (target_value - floor_value) < 0
    or (cap_value - coalesce(sweet_until_value, target_value)) * (target_value - floor_value) <= 0
    or (sweet_until_value is not null and cap_value is null)
