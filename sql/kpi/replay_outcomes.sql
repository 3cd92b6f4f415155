-- KPI:     outcomes of tasks
-- Answers: which model did each task that has an outcome, how hard did it look, and did it pass?
-- Grain:   one row per task of the period with a known outcome (view `decided_outcomes`), of whatever project; `model` answered
--          most of its calls, of as many the one that answered first
-- Set:     start_at, end_at
with tasks as (
    select distinct on (task_id) session_id, agent_id, task_no, began_at, ended_at, outcome, is_hard
    from task_signals
    cross join period
    where began_at >= start_at
      and began_at < end_at
    order by task_id, ended_at desc, session_id
),

worked as (
    select
        tasks.session_id, coalesce(tasks.agent_id, '') as agent_id, tasks.task_no, tasks.outcome as signal, is_hard,
        call_id, calls.asked_at, calls.answered_model, calls.complexity,
        trouble_of(stop_reason, reason, failed_in_a_row) as trouble
    from tasks
    join calls
        on calls.session_id = tasks.session_id
        and coalesce(calls.agent_id, '') = coalesce(tasks.agent_id, '')
        and calls.asked_at >= tasks.began_at
        and calls.asked_at <= tasks.ended_at
        and is_turn(calls.kind)
        and calls.result = 'ok'
),

models as (
    select session_id, agent_id, task_no, answered_model as model
    from worked
    where answered_model is not null
    group by session_id, agent_id, task_no, answered_model
    qualify row_number() over (
        partition by session_id, agent_id, task_no order by count(*) desc, min(asked_at), answered_model
    ) = 1
),

judged as (
    select
        session_id, agent_id, task_no,
        any_value(signal) as signal,
        bool_or(is_hard) as is_hard,
        arg_min(trouble, asked_at) as trouble,
        arg_max(verdict, asked_at) as of_call,
        arg_min(complexity, asked_at) as complexity,
        agent_id = '' and task_no = max(task_no) over (partition by session_id, agent_id) as is_last
    from worked
    left join call_verdicts using (call_id)
    group by session_id, agent_id, task_no
),

decided as (
    select
        judged.*,
        decided_outcome(of_call, verdict, is_last, signal, is_hard, null, trouble, null) as told
    from judged
    left join session_verdicts using (session_id)
)

select model, complexity, told.outcome, told.is_hard

from decided
left join models using (session_id, agent_id, task_no)
where told.outcome in ('pass', 'fail')
order by session_id, agent_id, task_no;
