-- Quotients of sums with their 95% interval: a Poisson bootstrap over the units (Hanley & MacGibbon 2006); above
-- 20,000 units the linearised variance of a ratio (Cochran 1977, ch. 6), which agrees with it there and costs one
-- pass.
with

parts as (
    select * from {{ ref('int_ratio_parts_unioned') }}
),

estimates as (
    select
        indicator_code,
        breakdown,
        breakdown_value,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        cast(sum(numerator) as double) / nullif(cast(sum(denominator) as double), 0) as value,
        count(*) as units
    from parts
    group by
        indicator_code,
        breakdown,
        breakdown_value
),

small_parts as (
    select parts.*
    from parts
    inner join estimates
        on
            parts.indicator_code = estimates.indicator_code
            and parts.breakdown = estimates.breakdown
            and parts.breakdown_value = estimates.breakdown_value
    where estimates.units <= 20000
),

numbers as (
    {{ number_rows(200) }}
),

units as (
    select distinct unit_id from small_parts
),

-- A layer of its own: inside the steps of the draw it would be computed once for each of them.
uniforms as (
    select
        units.unit_id,
        numbers.n as replicate,
        {{ uniform_hash("units.unit_id || '#' || cast(numbers.n as varchar)") }} as uniform
    from units
    cross join numbers
),

draws as (
    select
        unit_id,
        replicate,
        {{ poisson_one('uniform') }} as weight
    from uniforms
),

replicates as (
    select
        small_parts.indicator_code,
        small_parts.breakdown,
        small_parts.breakdown_value,
        draws.replicate,
        cast(sum(small_parts.numerator * draws.weight) as double)
        / nullif(cast(sum(small_parts.denominator * draws.weight) as double), 0) as value
    from small_parts
    inner join draws on small_parts.unit_id = draws.unit_id
    where draws.weight > 0
    group by
        small_parts.indicator_code,
        small_parts.breakdown,
        small_parts.breakdown_value,
        draws.replicate
),

resampled as (
    select
        indicator_code,
        breakdown,
        breakdown_value,
        {{ quantile('value', 0.025) }} as ci_low,
        {{ quantile('value', 0.975) }} as ci_high
    from replicates
    group by
        indicator_code,
        breakdown,
        breakdown_value
),

linearised as (
    select
        parts.indicator_code,
        parts.breakdown,
        parts.breakdown_value,
        1.959964 * sqrt(
            sum(power(
                cast(parts.numerator as double) - estimates.value * cast(parts.denominator as double), 2
            )) * max(estimates.units) / nullif(max(estimates.units) - 1.0, 0)
        ) / nullif(abs(max(cast(estimates.denominator as double))), 0) as half_width
    from parts
    inner join estimates
        on
            parts.indicator_code = estimates.indicator_code
            and parts.breakdown = estimates.breakdown
            and parts.breakdown_value = estimates.breakdown_value
    where estimates.units > 20000
    group by
        parts.indicator_code,
        parts.breakdown,
        parts.breakdown_value
)

select
    estimates.indicator_code,
    estimates.breakdown,
    estimates.breakdown_value,
    estimates.value,
    cast(estimates.numerator as double) as numerator,
    cast(estimates.denominator as double) as denominator,
    cast(estimates.units as bigint) as n,
    -- One unit alone has no spread to resample.
    case
        when estimates.units > 1 then coalesce(resampled.ci_low, estimates.value - linearised.half_width)
    end as ci_low,
    case
        when estimates.units > 1 then coalesce(resampled.ci_high, estimates.value + linearised.half_width)
    end as ci_high
from estimates
left join resampled
    on
        estimates.indicator_code = resampled.indicator_code
        and estimates.breakdown = resampled.breakdown
        and estimates.breakdown_value = resampled.breakdown_value
left join linearised
    on
        estimates.indicator_code = linearised.indicator_code
        and estimates.breakdown = linearised.breakdown
        and estimates.breakdown_value = linearised.breakdown_value
