-- KPI:     what happened in a session
-- Answers: when did its cache break, its model change, its context get compacted, a call fail, a limit hit?
-- Grain:   one row per event of the session `session`, whatever the period, in order of time; `turn_no` is that of
--          session_turns.sql, the last turn of the main loop asked by then. `event` is one of
--          cache_break, switch, compaction, failure (no answer at all), fallback (another target answered), limit_hit;
--          `detail` says what it was, `lost_usd` what a cache break cost: null where unknown. `agent_id` is null for
--          the main loop
-- Set:     session  VARCHAR, the session; default: none

with own as (
    select
        call_id, asked_at, agent_id, kind, result, attempts, answered_model,
        coalesce(provider, '?') || '/' || coalesce(answered_model, '?') as target
    from calls
    where session_id = getvariable('session')::varchar
),
threads as (
    select own.*, lag(target) over (partition by agent_id order by asked_at, call_id) as last_target
    from own
    where result = 'ok' and is_turn(kind)
),
turns as (
    select asked_at as turned_at, row_number() over (order by asked_at, call_id) as turn_no
    from own
    where agent_id is null and kind in ('main', 'plan', 'compact', 'stream_retry')
),
happened as (
    select call_id, agent_id, asked_at as happened_at, 'cache_break' as event, cause as detail, cold_tokens, lost_usd
    from cache_breaks
    where session_id = getvariable('session')::varchar
    union all
    select call_id, agent_id, asked_at, 'switch', last_target || ' → ' || target, null, null
    from threads
    where last_target <> target
    union all
    select call_id, agent_id, asked_at, 'compaction', answered_model, null, null
    from own
    where kind = 'compact'
    union all
    select call_id, agent_id, asked_at, 'failure', result, null, null
    from own
    where result not in ('ok', 'cancelled')
    union all
    select own.call_id, own.agent_id, own.asked_at, 'fallback',
        string_agg(attempts.target || ': ' || attempts.result, ', ' order by attempt_no), null, null
    from own
    join attempts on attempts.call_id = own.call_id
    where own.attempts > 1 and own.result = 'ok' and attempts.result <> 'ok'
    group by all
    union all
    select hits.call_id, own.agent_id, hit_at, 'limit_hit', limit_window, null, null
    from limit_hits as hits
    left join own on own.call_id = hits.call_id
    where hits.call_id in (select call_id from own)
       or hits.call_id in (
           select call_id from transcript_copies where session_id = getvariable('session')::varchar)
)

select turn_no, happened.*

from happened
asof left join turns on happened_at >= turned_at
order by happened_at, event, call_id;
