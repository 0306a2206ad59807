{#
    Everything that only one engine understands. Each has a dispatch, so that a second engine adds a
    `<engine>__name` and no model changes.
#}

{# Days from start to end, both included, one row each, in a column `day_on`. #}
{% macro date_rows(start_on, end_on) -%}
    {{ return(adapter.dispatch('date_rows', 'bookworth')(start_on, end_on)) }}
{%- endmacro %}

{% macro default__date_rows(start_on, end_on) -%}
    select cast(unnest(generate_series({{ start_on }}, {{ end_on }}, interval 1 day)) as date) as day_on
{%- endmacro %}

{% macro spark__date_rows(start_on, end_on) -%}
    select explode(sequence({{ start_on }}, {{ end_on }}, interval 1 day)) as day_on
{%- endmacro %}

{# Whole numbers from 1 to `last`, in a column `n`. #}
{% macro number_rows(last) -%}
    {{ return(adapter.dispatch('number_rows', 'bookworth')(last)) }}
{%- endmacro %}

{% macro default__number_rows(last) -%}
    select cast(unnest(generate_series(1, {{ last }})) as integer) as n
{%- endmacro %}

{% macro spark__number_rows(last) -%}
    select explode(sequence(1, {{ last }})) as n
{%- endmacro %}

{# Quantile with linear interpolation, as an aggregate. #}
{% macro quantile(expression, share) -%}
    {{ return(adapter.dispatch('quantile', 'bookworth')(expression, share)) }}
{%- endmacro %}

{% macro default__quantile(expression, share) -%}
    quantile_cont(cast({{ expression }} as double), {{ share }})
{%- endmacro %}

{% macro spark__quantile(expression, share) -%}
    percentile(cast({{ expression }} as double), {{ share }})
{%- endmacro %}

{# Several quantiles at once, as a list; `list_item` takes one out. #}
{% macro quantiles(expression, shares) -%}
    {{ return(adapter.dispatch('quantiles', 'bookworth')(expression, shares)) }}
{%- endmacro %}

{% macro default__quantiles(expression, shares) -%}
    quantile_cont(cast({{ expression }} as double), {{ shares }})
{%- endmacro %}

{% macro spark__quantiles(expression, shares) -%}
    percentile(cast({{ expression }} as double), array({{ shares | join(', ') }}))
{%- endmacro %}

{# The n-th item of a list, counted from one. #}
{% macro list_item(list, n) -%}
    {{ return(adapter.dispatch('list_item', 'bookworth')(list, n)) }}
{%- endmacro %}

{% macro default__list_item(list, n) -%}
    list_extract({{ list }}, {{ n }})
{%- endmacro %}

{% macro spark__list_item(list, n) -%}
    element_at({{ list }}, {{ n }})
{%- endmacro %}

{# The `count` largest values that are not null, the largest first, as an aggregate that gives a list. #}
{% macro largest(expression, count) -%}
    {{ return(adapter.dispatch('largest', 'bookworth')(expression, count)) }}
{%- endmacro %}

{% macro default__largest(expression, count) -%}
    max({{ expression }}, {{ count }})
{%- endmacro %}

{% macro spark__largest(expression, count) -%}
    slice(sort_array(collect_list({{ expression }}), false), 1, {{ count }})
{%- endmacro %}

{# A number in [0, 1) that depends on the text alone: the same rows give the same draws on every run. #}
{% macro uniform_hash(expression) -%}
    {{ return(adapter.dispatch('uniform_hash', 'bookworth')(expression)) }}
{%- endmacro %}

{% macro default__uniform_hash(expression) -%}
    (hash({{ expression }}) % 1000003) / 1000003.0
{%- endmacro %}

{% macro spark__uniform_hash(expression) -%}
    pmod(xxhash64({{ expression }}), 1000003) / 1000003.0
{%- endmacro %}

{# Whole days between two dates. #}
{% macro days_between(start_on, end_on) -%}
    {{ return(adapter.dispatch('days_between', 'bookworth')(start_on, end_on)) }}
{%- endmacro %}

{% macro default__days_between(start_on, end_on) -%}
    date_diff('day', {{ start_on }}, {{ end_on }})
{%- endmacro %}

{% macro spark__days_between(start_on, end_on) -%}
    datediff({{ end_on }}, {{ start_on }})
{%- endmacro %}

{# A date moved by whole months; a day that the month lacks becomes its last day. #}
{% macro add_months(date_on, months) -%}
    cast({{ dbt.dateadd('month', months, date_on) }} as date)
{%- endmacro %}

{# The first day of the calendar month, as a date. #}
{% macro month_of(date_on) -%}
    cast({{ dbt.date_trunc('month', date_on) }} as date)
{%- endmacro %}

{# Money, everywhere: a decimal, so that sums do not depend on the order of their rows. #}
{% macro money() -%}
    decimal(18, 4)
{%- endmacro %}

{# A date moved by whole days. #}
{% macro add_days(date_on, days) -%}
    {{ return(adapter.dispatch('add_days', 'bookworth')(date_on, days)) }}
{%- endmacro %}

{% macro default__add_days(date_on, days) -%}
    ({{ date_on }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__add_days(date_on, days) -%}
    date_add({{ date_on }}, cast({{ days }} as integer))
{%- endmacro %}

{# A day as one bit of its month (bit 0 is the first day). #}
{% macro day_bit(date_on) -%}
    (cast(1 as bigint) << cast(extract(day from {{ date_on }}) - 1 as integer))
{%- endmacro %}

{# Where the lowest and the highest of some bits stand, counted from 0; null where none is set. The highest is exact
   up to 53 bits, and beyond where the bit below it is not set. #}
{% macro lowest_bit(bits) -%}
    log2(nullif({{ bits }} & -({{ bits }}), 0))
{%- endmacro %}

{% macro highest_bit(bits) -%}
    floor(log2(nullif({{ bits }}, 0)))
{%- endmacro %}

{# The first and the last day of those set in a month's bits (bit 0 is its first day); null where none is. #}
{% macro lowest_day(month_on, bits) -%}
    {{ add_days(month_on, lowest_bit(bits)) }}
{%- endmacro %}

{% macro highest_day(month_on, bits) -%}
    {{ add_days(month_on, highest_bit(bits)) }}
{%- endmacro %}
