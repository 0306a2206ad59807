{# Schemas are the subject names, without the target's prefix: they are promises to analysts. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
