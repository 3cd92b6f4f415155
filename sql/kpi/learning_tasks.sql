-- KPI:     tasks to learn from
-- Answers: which tasks have a known outcome and a known score, and what did each cost?
-- Grain:   one row per task of the period, oldest first: `terms` are the points of its first call's score, by the weights of
--          `weights` (null: the built-in ones), `passed` its outcome, `list_usd` of its calls up to the next task; tasks
--          without a price or without an outcome are left out
-- Set:     period and filters as in sql/README.md

with begun as (
    select
        tasks.task_id, tasks.began_at, tasks.model, tasks.outcome,
        log.session_id, coalesce(log.agent_id, '') as agent, log.call_id, log.task, log.terms, log.weights, log.asked_at,
        lead(log.asked_at) over (
            partition by log.session_id, coalesce(log.agent_id, '') order by log.asked_at, tasks.task_id
        ) as next_at
    from period_tasks as tasks
    join call_log as log on log.call_id = tasks.call_id
),
costs as (
    select task_id, sum(log.list_usd) as list_usd, count(*) filter (log.list_usd is null) as unpriced
    from begun
    join call_log as log
      on log.session_id = begun.session_id
     and coalesce(log.agent_id, '') = begun.agent
     and log.asked_at >= begun.asked_at
     and (begun.next_at is null or log.asked_at < begun.next_at)
    group by task_id
)

select
    task_id, session_id, began_at, task, model, outcome = 'pass' as passed,
    list_usd::double as list_usd, call_id, terms::varchar as terms, weights

from begun
join costs using (task_id)
where outcome in ('pass', 'fail')
  and unpriced = 0
  and terms is not null
order by began_at, task_id;
