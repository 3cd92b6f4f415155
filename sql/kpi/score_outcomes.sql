-- KPI:     how hard tasks looked, and how they came out
-- Answers: of tasks that looked so hard when they began, how many passed, failed, or are unknown?
-- Grain:   one row per fortieth of the score (`score_from`, 0 to 1) and outcome that has tasks; a null score is of tasks that
--          nobody weighed, such as those of transcripts
-- Set:     period and filters as in sql/README.md

select
    case when complexity is not null then least(floor(complexity * 40), 39) / 40 end as score_from,
    outcome,
    count(*) as tasks

from period_tasks
group by score_from, outcome
order by score_from, outcome;
