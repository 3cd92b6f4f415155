-- One row per task and arm of an experiment; `outcome` is as `decided_outcome` decides. Money is null where a call of the task
-- has no price.
create or replace view experiment_tasks as
with tasks as (
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
        arg_max(verdict, asked_at) as of_call,
        any_value(outcome) as signal,
        bool_or(is_hard) as is_hard,
        arg_min(trouble, asked_at) as trouble
    from experiment_calls
    left join call_verdicts using (call_id)
    group by experiment, arm, session_id, agent, task
),
placed as (
    select *, agent = '' and row_number() over (partition by session_id, agent order by began_at desc, task desc) = 1 as is_last
    from tasks
)
select
    placed.* exclude (of_call, signal, is_hard, trouble, is_last),
    decided_outcome(of_call, verdict, is_last, signal, is_hard, null, trouble, null).outcome as outcome
from placed
left join session_verdicts using (session_id);
