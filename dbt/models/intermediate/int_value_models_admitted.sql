-- Which models may speak for this company's trade, and why.
select
    models.component,
    models.model,
    models.is_admissible,
    models.reason_en as reason
from {{ ref('value_models') }} as models
inner join {{ ref('int_runs_prepared') }} as runs on models.profile = runs.profile
where runs.run = 'current'
