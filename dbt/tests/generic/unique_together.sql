{# Fails with the rows that share a key: the grain a mart promises does not hold. #}
{% test unique_together(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_found
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
