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
