{#
    A figure's score, 0 to 100, on the line through its goalposts: 0 at the floor, 100 from the target on; with a cap, 100
    up to the sweet end (the target if there is none) and 0 again at the cap. A floor above the target means lower is
    better. Null for a null. `dagster_project/score/normalise.py` does the same for many draws; a test holds them together.
    value: the figure; posts: a relation with floor_value, target_value, sweet_until_value, cap_value, scale.
#}
{% macro goalpost_score(value, posts) -%}
    {%- set position = goalpost_position(value, posts) -%}
    {%- set floor_at = goalpost_position(posts ~ '.floor_value', posts) -%}
    {%- set target_at = goalpost_position(posts ~ '.target_value', posts) -%}
    {%- set sweet_at = goalpost_position(
        'coalesce(' ~ posts ~ '.sweet_until_value, ' ~ posts ~ '.target_value)', posts) -%}
    {%- set cap_at = goalpost_position(posts ~ '.cap_value', posts) -%}
    case
        when {{ value }} is null then null
        when
            {{ posts }}.cap_value is not null
            and ({{ cap_at }} - {{ position }}) / ({{ cap_at }} - {{ sweet_at }}) < 1
            then greatest(100 * ({{ cap_at }} - {{ position }}) / ({{ cap_at }} - {{ sweet_at }}), 0)
        else least(greatest(100 * ({{ position }} - {{ floor_at }}) / ({{ target_at }} - {{ floor_at }}), 0), 100)
    end
{%- endmacro %}

{# Where a figure lies on the scale its line is straight on. #}
{% macro goalpost_position(value, posts) -%}
    case when {{ posts }}.scale = 'log' then ln(greatest({{ value }}, 1e-12)) else {{ value }} end
{%- endmacro %}
