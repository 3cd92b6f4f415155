-- One row per task that began in the period: what a person asked for up to what they asked next, or all work of
-- one subagent. Its first call must pass every filter; `model`, `kind`, `task`, `complexity` are that call's.
-- Transcripts tell the tasks (`task_signals`); where a session has none, each call of the gate that answers no tool
-- begins one. `outcome` is pass, fail or unknown, as `decided_outcome` decides.
-- Threads (a session, or an agent in it) are compared by hash: strings would take thrice the time.
create or replace view period_tasks as
with told_once as (
    select task_id, session_id, agent_id, began_at, outcome, is_hard, why, signals
    from task_signals
    left join session_facts using (session_id)
    cross join period
    where began_at >= start_at - interval 1 minute and began_at < end_at
    qualify 1 = row_number() over (
        partition by task_id order by coalesce(is_fork, false), born_at nulls last, session_id, file nulls last)
),
told as materialized (
    select
        *,
        hash(session_id, coalesce(agent_id, '')) as thread,
        lead(began_at) over (partition by session_id, agent_id order by began_at) as next_at
    from told_once
),
asked as materialized (
    select
        hash(session_id, coalesce(agent_id, '')) as thread,
        hash(session_id) as session,
        agent_id is not null as is_agents,
        asked_at, call_id, coalesce(answered_model, '?') as model, kind, complexity,
        answers_tools = false and retry_of is null as begins_task,
        case asks_again when true then 1 when false then 0 end as reask,
        trouble_of(stop_reason, reason, failed_in_a_row) as trouble
    from period_calls
    where session_id is not null
      and is_turn(kind)
      and result is not null
),
followed as (
    select
        *, lead({'call_id': call_id, 'model': model, 'kind': kind, 'complexity': complexity, 'is_agents': is_agents})
            over (partition by thread order by event_at, task_id nulls last) as first_call
    from (
        select thread, began_at as event_at, task_id, next_at, outcome, is_hard, why from told
        union all by name
        select thread, asked_at as event_at, call_id, model, kind, complexity, is_agents
        from asked
        where session in (select hash(session_id) from told)
    )
),
told_tasks as (
    select
        task_id, thread, event_at as began_at, next_at, first_call.call_id, first_call.model, first_call.kind,
        first_call.complexity, first_call.is_agents, outcome, is_hard, why
    from followed
    where task_id is not null and first_call.call_id is not null
),
begun as (
    select call_id as task_id, thread, asked_at as began_at, call_id, model, kind, complexity, is_agents, reask
    from asked
    where begins_task and not is_agents
      and session not in (select hash(session_id) from task_signals)
    union all
    select min(call_id), thread, min(asked_at), min_by(call_id, asked_at), min_by(model, asked_at), 'subagent',
        min_by(complexity, asked_at), true, null
    from asked
    where is_agents and session not in (select hash(session_id) from task_signals)
    group by thread
),
tasks as materialized (
    select *
    from told_tasks
    union all by name
    select
        task_id, thread, began_at, lead(began_at) over gate as next_at, call_id, model, kind, complexity, is_agents,
        'unknown' as outcome, lead(reask) over gate as next_reask
    from begun
    window gate as (partition by thread order by began_at)
),
troubled as (
    select task_id, min_by(trouble, event_at) as trouble
    from (
        select
            trouble, event_at,
            last_value(task_id ignore nulls) over (partition by thread order by event_at, task_id nulls last) as task_id
        from (
            select thread, began_at as event_at, task_id from tasks
            union all by name
            select thread, asked_at as event_at, trouble from asked where trouble is not null
        )
    )
    where trouble is not null
    group by task_id
),
reviewed as (
    select task_id, min_by(outcome, -epoch(event_at)) as of_call
    from (
        select
            outcome, event_at,
            last_value(task_id ignore nulls) over (partition by thread order by event_at, task_id nulls last) as task_id
        from (
            select thread, began_at as event_at, task_id from tasks
            union all by name
            select
                hash(calls.session_id, coalesce(calls.agent_id, '')) as thread, calls.asked_at as event_at, verdict as outcome
            from call_verdicts
            join calls using (call_id)
        )
    )
    where outcome is not null
    group by task_id
),
judged as (
    select
        tasks.*,
        decided_outcome(
            of_call, verdict, next_at is null, tasks.outcome, tasks.is_hard, why, trouble, next_reask
        ) as decided
    from tasks
    left join troubled using (task_id)
    left join reviewed using (task_id)
    left join session_verdicts on hash(session_id, '') = tasks.thread
)

select
    task_id, thread, call_id, began_at, next_at, kind, model, complexity,
    case when complexity < 0.35 then 'simple' when complexity < 0.65 then 'moderate'
         when complexity is not null then 'complex' end as difficulty,
    decided.outcome,
    decided.why,
    decided.is_hard
from judged;
