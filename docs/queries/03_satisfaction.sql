-- How satisfied are they, on what, and which topic drives the whole?
-- 客户对什么满意、满意度如何，哪个主题影响最大？
select
    scores.instrument,
    scores.topic,
    scores.answers,
    scores.top2_share,
    scores.top2_share_ci_low,
    scores.top2_share_ci_high,
    scores.nps,
    drivers.correlation as correlation_with_overall,
    drivers.gap as gap_to_overall
from service.fct_survey_scores as scores
left join service.fct_survey_drivers as drivers on scores.topic = drivers.topic
where scores.period_type = 'window' and scores.method = 'all'
order by scores.instrument, scores.top2_share;
