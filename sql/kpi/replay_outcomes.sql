-- KPI:     outcomes of tasks
-- Answers: which model did each task that has an outcome, how hard did it look, and did it pass?
-- Grain:   one row per task of the period with a known outcome, of whatever project
-- Set:     start_at, end_at
with call_verdicts as (
    select call_id, arg_max(outcome, reviewed_at) as outcome
    from reviews
    where call_id is not null
    group by call_id
),

session_verdicts as (
    select session_id, arg_max(outcome, reviewed_at) as outcome
    from reviews
    where call_id is null
    group by session_id
),

tasks as (
    select distinct on (task_id) session_id, agent_id, task_no, began_at, ended_at, outcome, is_hard
    from task_signals
    cross join period
    where began_at >= start_at
      and began_at < end_at
    order by task_id, ended_at desc
),

judged as (
    select
        tasks.session_id, coalesce(tasks.agent_id, '') as agent_id, tasks.task_no,
        any_value(tasks.outcome) as signal,
        bool_or(tasks.is_hard) as is_hard,
        max(call_verdicts.outcome) as call_verdict,
        mode(calls.answered_model) as model,
        arg_min(calls.complexity, calls.asked_at) as complexity
    from tasks
    join calls
        on calls.session_id = tasks.session_id
        and coalesce(calls.agent_id, '') = coalesce(tasks.agent_id, '')
        and calls.asked_at >= tasks.began_at
        and calls.asked_at <= tasks.ended_at
        and calls.kind in ('main', 'subagent', 'plan', 'stream_retry')
        and calls.result = 'ok'
    left join call_verdicts on call_verdicts.call_id = calls.call_id
    group by tasks.session_id, coalesce(tasks.agent_id, ''), tasks.task_no
)

select
    judged.model,
    judged.complexity,
    coalesce(
        call_verdict, case when is_hard then signal end, session_verdicts.outcome, signal
    ) as outcome,
    judged.is_hard or call_verdict is not null or session_verdicts.outcome is not null as is_hard

from judged
left join session_verdicts using (session_id)

where coalesce(
    call_verdict, case when is_hard then signal end, session_verdicts.outcome, signal
) in ('pass', 'fail')
order by judged.session_id, judged.agent_id, judged.task_no;
