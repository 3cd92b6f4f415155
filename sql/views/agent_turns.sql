-- One row per turn of a session or of an agent in it: a call that reads or writes that thread's prompt cache, beside what
-- the turn before it left there (`last_…`).
-- `agent_turns(from_at, until_at)` takes the turns asked in [from_at, until_at) in UTC, all where a bound is null; what
-- lies outside is no neighbour. Only those of one session where the variable `session` is set, and fast then.
-- Side calls (titles, hooks, classifiers) have prompts of their own and are no turns; nor are subagents' calls that
-- name no agent, since their threads cannot be told apart.
-- `warm_tokens` is the prompt that the turn left in the cache, `row_no` and `last_row_no` name calls as
-- the view `calls` numbers them. Threads are sorted with no
-- more than what every turn is judged by: a wide sort takes twice the time.
-- `is_turn` and `names_thread` say the same of any call, a compaction left out. One function of a word is worked out once
-- per different word, a chain of comparisons once per call.
create or replace macro is_turn(kind) as list_position(['main', 'plan', 'subagent', 'stream_retry'], kind) is not null;

create or replace macro names_thread(kind, agent_id) as
    case when kind = 'subagent' then agent_id is not null else true end;

create or replace macro agent_turns(from_at, until_at) as table
with answered as (
    select
        4 * rowid as row_no, asked_at, session_id, agent_id, kind, result,
        input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens
    from call_log
    union all by name
    select
        4 * rowid + 1 as row_no, asked_at, session_id, agent_id, kind, result,
        input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens
    from transcript_calls
    where wire_call_id is null
    union all by name
    select
        4 * rowid + 2 as row_no, asked_at, session_id, kind, result,
        input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens
    from telemetry_calls
    where known_call_id is null
),
turns as (
    select
        row_no,
        asked_at,
        hash(session_id, case when kind <> 'compact' then agent_id end) as thread_hash,
        cache_read_tokens,
        cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens as warm_tokens,
        input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens as prompt_tokens
    from answered
    where result = 'ok' and session_id is not null
      and (from_at is null or asked_at >= from_at)
      and (until_at is null or asked_at < until_at)
      and (getvariable('session') is null or session_id = getvariable('session')::varchar)
      and (is_turn(kind) or kind = 'compact')
      and names_thread(kind, agent_id)
)
select
    row_no,
    cache_read_tokens,
    prompt_tokens,
    lag(row_no) over thread as last_row_no,
    lag(warm_tokens) over thread as last_warm_tokens
from turns
window thread as (partition by thread_hash order by asked_at, row_no);
