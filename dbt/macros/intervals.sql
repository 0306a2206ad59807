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
