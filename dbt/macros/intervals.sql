{#
    Wilson score interval at 95% for `successes` out of `trials` (Wilson 1927), one bound.
    Null where there are no trials.
#}
{% macro wilson_bound(successes, trials, side) -%}
    {%- set z = 1.959964 -%}
    {%- set sign = {'low': '-', 'high': '+'}[side] -%}
    case
        when {{ trials }} > 0
            then
                {{ {'low': 'greatest(0.0, ', 'high': 'least(1.0, '}[side] }}(
                    ({{ successes }}) / cast({{ trials }} as double) + {{ z * z / 2 }} / {{ trials }}
                    {{ sign }} {{ z }} * sqrt(
                        greatest(
                            ({{ successes }}) / cast({{ trials }} as double)
                            * (1 - ({{ successes }}) / cast({{ trials }} as double)),
                            0.0
                        ) / {{ trials }} + {{ z * z / 4 }} / {{ trials }} / {{ trials }}
                    )
                ) / (1 + {{ z * z }} / {{ trials }}))
    end
{%- endmacro %}

{# Poisson(1) by inversion of a uniform number: the weight of a customer in one bootstrap replicate. #}
{% macro poisson_one(uniform) -%}
    case
        when {{ uniform }} < 0.3678794412 then 0
        when {{ uniform }} < 0.7357588823 then 1
        when {{ uniform }} < 0.9196986029 then 2
        when {{ uniform }} < 0.9810118431 then 3
        when {{ uniform }} < 0.9963401532 then 4
        when {{ uniform }} < 0.9994058152 then 5
        when {{ uniform }} < 0.9999167589 then 6
        else 7
    end
{%- endmacro %}

{#
    Twelve significant digits of a float. Sums of floats depend on the order threads add them in, in the last digits; what
    is published must not.
#}
{% macro steady(expression) -%}
    case
        when {{ expression }} = 0 then 0
        else round({{ expression }}, cast(11 - floor(log10(abs({{ expression }}))) as integer))
    end
{%- endmacro %}

{# Poisson limits of a count at 95%, after Byar (Breslow & Day 1987), one bound. #}
{% macro poisson_bound(events, side) -%}
    {%- if side == 'low' -%}
        case
            when {{ events }} > 0
                then
                    {{ events }} * power(
                        1 - 1 / (9.0 * {{ events }}) - 1.959964 / (3 * sqrt(cast({{ events }} as double))), 3
                    )
            else 0
        end
    {%- else -%}
        ({{ events }} + 1) * power(
            1 - 1 / (9.0 * ({{ events }} + 1)) + 1.959964 / (3 * sqrt(cast({{ events }} + 1 as double))), 3
        )
    {%- endif -%}
{%- endmacro %}

{#
    95% bound of an amount with a mean and a variance. A positive amount is taken for lognormal, which cannot fall below
    nothing and is all but normal where the doubt is small; its spread is capped where a larger one would pull the upper
    bound back down. `mean` and `variance` must not be null where a bound is wanted.
#}
{% macro amount_bound(mean, variance, side) -%}
    {%- set sign = {'low': '-', 'high': '+'}[side] -%}
    case
        when {{ mean }} is null or {{ variance }} is null then null
        when {{ mean }} > 0
            then {{ mean }} * exp(
                -least(ln(1 + {{ variance }} / {{ mean }} / {{ mean }}), 3.8416) / 2
                {{ sign }} 1.96 * sqrt(least(ln(1 + {{ variance }} / {{ mean }} / {{ mean }}), 3.8416))
            )
        else {{ mean }} {{ sign }} 1.96 * sqrt({{ variance }})
    end
{%- endmacro %}

{#
    Forecasts summed over groups of customers, with both kinds of doubt: how far customers stray adds up as variances, what is
    unknown of the parameters moves all customers of a group together and is squared after it is summed.
    members: a CTE with run, kind (residual, referral), breakdown, breakdown_value, customer_id and weight, the share of
    each customer's forecast that counts. Gives a query with sums and variances of orders, margin and residual value.
#}
{% macro forecasts_by_group(members) -%}
    select
        summed.run,
        summed.kind,
        summed.breakdown,
        summed.breakdown_value,
        summed.customers,
        summed.orders_12m,
        summed.orders_variance + coalesce(doubts.orders_variance, 0) as orders_variance,
        summed.margin_12m,
        summed.margin_variance + coalesce(doubts.margin_variance, 0) as margin_variance,
        summed.residual_value,
        summed.residual_variance + coalesce(doubts.residual_variance, 0) as residual_variance
    from (
        select
            members.run,
            members.kind,
            members.breakdown,
            members.breakdown_value,
            count(distinct members.customer_id) as customers,
            coalesce(sum(members.weight * forecasts.orders_12m), 0) as orders_12m,
            coalesce(sum(members.weight * members.weight * forecasts.orders_variance), 0) as orders_variance,
            coalesce(sum(members.weight * forecasts.margin_12m), 0) as margin_12m,
            coalesce(sum(members.weight * members.weight * forecasts.margin_variance), 0) as margin_variance,
            coalesce(sum(members.weight * forecasts.residual_value), 0) as residual_value,
            coalesce(sum(members.weight * members.weight * forecasts.residual_variance), 0) as residual_variance
        from {{ members }} as members
        left join {{ source('predictions', 'customer_forecasts') }} as forecasts
            on
                members.run = forecasts.run
                and members.customer_id = forecasts.customer_id
                and members.kind = case when forecasts.component = 'referral' then 'referral' else 'residual' end
        group by
            members.run,
            members.kind,
            members.breakdown,
            members.breakdown_value
    ) as summed
    left join (
        select
            run,
            kind,
            breakdown,
            breakdown_value,
            sum(orders_shift * orders_shift) as orders_variance,
            sum(margin_shift * margin_shift) as margin_variance,
            sum(residual_shift * residual_shift) as residual_variance
        from (
            select
                members.run,
                members.kind,
                members.breakdown,
                members.breakdown_value,
                shifts.direction,
                sum(members.weight * shifts.orders_shift) as orders_shift,
                sum(members.weight * shifts.margin_shift) as margin_shift,
                sum(members.weight * shifts.residual_shift) as residual_shift
            from {{ members }} as members
            inner join {{ source('predictions', 'customer_shifts') }} as shifts
                on
                    members.run = shifts.run
                    and members.customer_id = shifts.customer_id
                    and members.kind = case when shifts.component = 'referral' then 'referral' else 'residual' end
            group by
                members.run,
                members.kind,
                members.breakdown,
                members.breakdown_value,
                shifts.direction
        ) as moved
        group by
            run,
            kind,
            breakdown,
            breakdown_value
    ) as doubts
        on
            summed.run = doubts.run
            and summed.kind = doubts.kind
            and summed.breakdown = doubts.breakdown
            and summed.breakdown_value = doubts.breakdown_value
{%- endmacro %}

{# From how many groups on a book is large: its largest fifth then holds every share that intervals are drawn for. #}
{% macro large_book() -%}
    5000
{%- endmacro %}
