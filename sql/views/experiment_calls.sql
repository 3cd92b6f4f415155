-- One row per call that counts for an experiment, with the task it belongs to. Of a session of which no transcript told
-- a task, all the work of the session, or of one agent of it, is one task.
create or replace view experiment_calls as
with counted as (
    select
        call_id, asked_at, experiment, arm, propensity, bill, session_id, coalesce(agent_id, '') as agent, project,
        complexity, reason, result, list_usd, cost_usd, baseline_usd, trouble_of(stop_reason, reason, failures) as trouble,
        input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens + output_tokens as tokens
    from call_log
    where experiment is not null and session_id is not null
),
tasks as (
    select distinct on (session_id, agent, began_at)
        session_id, coalesce(agent_id, '') as agent, began_at, task_id, outcome, is_hard
    from task_signals
    where session_id in (select session_id from counted)
),
hits as (
    select call_id, count(*) as limit_hits
    from attempt_log
    where result = 'limit_hit'
    group by call_id
)
select
    counted.*,
    coalesce(task_id, concat_ws('/', counted.session_id, counted.agent)) as task,
    tasks.outcome, tasks.is_hard,
    coalesce(limit_hits, 0) as limit_hits,
    starts_with(reason, 'escalated') as is_escalated
from counted
asof left join tasks
  on counted.session_id = tasks.session_id and counted.agent = tasks.agent and counted.asked_at >= tasks.began_at
left join hits on hits.call_id = counted.call_id;
