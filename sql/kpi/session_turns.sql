-- KPI:     a session's turns
-- Answers: how did its context grow, what did each turn cost, and which turn was it that went wrong?
-- Grain:   one row per call of the main loop of the session `session` (every one, whatever the period), in order of
--          time; side calls (titles, hooks, probes) are left out. `gap_s` is the time since the turn before was
--          answered; `tools` are the tools used in the turn's task, as its transcript told them, on its first turn
-- Set:     session  VARCHAR, the session; default: none

with turns as (
    select
        row_number() over (order by asked_at, calls.call_id) as turn_no,
        calls.call_id, asked_at, kind, result, attempts, stop_reason, route, reason,
        coalesce(provider, '?') || '/' || coalesce(answered_model, '?') as target,
        role_of(bill, provider, answered_model) as role,
        input_tokens as uncached_tokens,
        cache_write_5m_tokens + cache_write_1h_tokens as cache_write_tokens,
        cache_read_tokens,
        input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens as prompt_tokens,
        output_tokens, list_usd, cost_usd, duration_ms,
        lag(asked_at + to_milliseconds(coalesce(duration_ms, 0)::bigint)) over (order by asked_at, calls.call_id)
            as answered_at
    from calls
    where session_id = getvariable('session')::varchar
      and agent_id is null
      and kind in ('main', 'plan', 'compact', 'stream_retry')
),
tasks as (
    select began_at, outcome, why, signals, signals -> 'tools' as used
    from task_signals
    where session_id = getvariable('session')::varchar and agent_id is null
),
placed as (
    select
        turns.*, tasks.began_at as task_began_at, tasks.outcome, tasks.why, used,
        row_number() over (partition by tasks.began_at order by turn_no) = 1 as is_first_of_task
    from turns
    asof left join tasks on turns.asked_at >= tasks.began_at
)

select
    turn_no, call_id, asked_at, kind, result, target, role, route, reason, attempts, stop_reason,
    uncached_tokens, cache_write_tokens, cache_read_tokens, prompt_tokens, output_tokens, list_usd, cost_usd,
    duration_ms,
    case when answered_at is not null then greatest(epoch(asked_at - answered_at), 0) end as gap_s,
    case when is_first_of_task and task_began_at is not null then outcome end as task_outcome,
    case when is_first_of_task then why end as task_why,
    case when is_first_of_task then nullif(array_to_string(
        list_transform(json_keys(used), lambda tool: tool || ' ' || (used ->> tool)), ', '), '') end as tools

from placed
order by turn_no;
