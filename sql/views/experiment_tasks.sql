-- One row per task and arm of an experiment. A verdict of a person on a call outranks a test or a commit, which outranks
-- a verdict on the session, which outranks the softer signals. Money is null where a call of the task has no price.
create or replace view experiment_tasks as
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
    select
        experiment, arm, session_id, agent, task,
        any_value(propensity) as propensity,
        min(asked_at) as began_at, max(asked_at) as ended_at,
        arg_min(complexity, asked_at) as complexity,
        count(*) as calls,
        case when count(list_usd) = count(*) then sum(list_usd) end as list_usd,
        case when count(cost_usd) = count(*) then sum(cost_usd) end as cash_usd,
        sum(tokens) as tokens,
        sum(limit_hits) as limit_hits,
        count(*) filter (is_escalated) as escalations,
        max(call_verdicts.outcome) as call_verdict,
        any_value(experiment_calls.outcome) as signal,
        bool_or(is_hard) as is_hard
    from experiment_calls
    left join call_verdicts using (call_id)
    group by experiment, arm, session_id, agent, task
)
select
    tasks.* exclude (call_verdict, signal, is_hard),
    coalesce(
        call_verdict, case when is_hard then signal end, session_verdicts.outcome, signal, 'unknown'
    ) as outcome
from tasks
left join session_verdicts using (session_id);
