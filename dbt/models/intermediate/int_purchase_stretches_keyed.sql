-- The stretches in which purchases alone keep a customer active, in months counted towards as-of; those that lie in one
-- word of months do not touch. int_customer_spells_keyed joins them to each other, to events and to contracts.
{{ config(materialized='view') }}
{% set word_months = 62 %}
{% set steps = [1, 2, 4, 8, 16, 32] %}
with

-- A number of months is a sum of steps, each no longer than what those before it reach.
reach as (
    select
        active_months,
        {% for step in steps %}
        least({{ step }}, greatest(active_months - {{ step }}, 0)) as step_{{ step }} {{- ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

-- Months with an order as bits, the latest lowest, five years to a word: gaps are then found without sorting months.
words as (
    select
        customer_key,
        months_back - months_back % {{ word_months }} as word_months_back,
        bit_or(cast(1 as bigint) << (months_back % {{ word_months }})) as ordered
    from {{ ref('int_customer_months_keyed') }}
    where orders > 0
    group by
        customer_key,
        months_back - months_back % {{ word_months }}
),

-- `continued` are the months with an order in the `active_months` months before them.
{% set last = namespace(name='words', bits='words.ordered >> 1') %}
{% for step in steps %}
reached_{{ step }} as (
    select
        {{ last.name }}.customer_key,
        {{ last.name }}.word_months_back,
        {{ last.name }}.ordered,
        ({{ last.bits }}) | (({{ last.bits }}) >> reach.step_{{ step }}) as continued
    from {{ last.name }}
    cross join reach
),

{% set last.name = 'reached_' ~ step %}{% set last.bits = last.name ~ '.continued' %}
{% endfor %}
begun as (
    select
        customer_key,
        word_months_back,
        ordered,
        ordered - (ordered & continued) as beginnings
    from {{ last.name }}
),

-- Beginnings are further apart than `active_months`: of so many months one begins a stretch at most.
pieces as (
    select
        reach.active_months,
        cast((numbers.n - 1) * reach.active_months as integer) as lowest,
        (cast(1 as bigint) << least(reach.active_months, {{ word_months }})) - 1 as piece_bits
    from ({{ number_rows(word_months) }}) as numbers
    cross join reach
    where (numbers.n - 1) * reach.active_months < {{ word_months }}
),

first_months as (
    select
        begun.customer_key,
        begun.word_months_back,
        begun.ordered,
        begun.beginnings,
        pieces.active_months,
        pieces.lowest
        + cast({{ highest_bit('(begun.beginnings >> pieces.lowest) & pieces.piece_bits') }} as integer) as first_bit
    from begun
    inner join pieces on ((begun.beginnings >> pieces.lowest) & pieces.piece_bits) > 0
),

-- A stretch goes from its beginning to the last order before the next one begins.
bounded as (
    select
        *,
        coalesce(
            cast({{ highest_bit('beginnings & ((cast(1 as bigint) << first_bit) - 1)') }} as integer) + 1, 0
        ) as next_bits
    from first_months
),

signed as (
    select
        *,
        -(word_months_back + next_bits + cast({{ lowest_bit('(ordered >> next_bits)') }} as integer)) as sign_period
    from bounded
)

select
    customer_key,
    word_months_back,
    cast(bit_count(beginnings >> first_bit) as integer) as stretch_number,
    -(word_months_back + first_bit) as starts_period,
    sign_period + active_months - 1 as ends_period,
    sign_period
from signed
