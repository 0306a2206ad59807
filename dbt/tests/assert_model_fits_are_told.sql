-- Every fit that was tried is published, and none without a reason; of each component at most one model is chosen a
-- run. A returned row breaks that.
select
    fits.run,
    fits.component,
    count(*) as models,
    count(case when fits.reason is null or fits.reason = '' then 1 end) as unexplained,
    count(case when fits.is_chosen then 1 end) as chosen
from {{ ref('fct_model_fits') }} as fits
full outer join {{ source('predictions', 'model_fits') }} as tried
    on
        fits.run = tried.run
        and fits.component = tried.component
        and fits.model = tried.model
group by
    fits.run,
    fits.component
having
    count(fits.model) != count(*)
    or count(tried.model) != count(*)
    or count(case when fits.reason is null or fits.reason = '' then 1 end) > 0
    or count(case when fits.is_chosen then 1 end) > 1
