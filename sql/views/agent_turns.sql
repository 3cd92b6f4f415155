-- One row per turn of a session or of an agent in it: a call that reads or writes that thread's prompt cache,
-- beside the turn before it (`last_…`) and the turn after it (`next_…`).
-- `agent_turns(from_at, until_at)` takes the turns asked in [from_at, until_at) in UTC, all where a bound is null; what
-- lies outside is no neighbour. Only those of one session where the variable `session` is set, and fast then.
-- Side calls (titles, hooks, classifiers) have prompts of their own and are no turns; nor are subagents' calls that
-- name no agent, since their threads cannot be told apart.
-- `ttl_s` is how long the provider keeps what the turn wrote, `warm_tokens` the prompt that it left in the cache. What
-- is only ever compared (thread, target, tools, system prompt) is a hash here: a wide sort would take thrice the time.
create or replace macro agent_turns(from_at, until_at) as table
with answered as (
    select
        call_id, asked_at, session_id, agent_id, kind, provider, answered_model, tools_sha256, system_sha256, cache_ttl,
        input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens
    from call_log
    where result = 'ok'
      and (from_at is null or asked_at >= from_at)
      and (until_at is null or asked_at < until_at)
    union all by name
    select
        call_id, asked_at, session_id, agent_id, kind,
        case when bill = 'plan' then 'max' else 'anthropic' end as provider, answered_model,
        input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens
    from transcript_calls
    where result = 'ok' and wire_call_id is null
      and (from_at is null or asked_at >= from_at)
      and (until_at is null or asked_at < until_at)
    union all by name
    select
        call_id, asked_at, session_id, kind,
        case when bill = 'plan' then 'max' else 'anthropic' end as provider, model as answered_model,
        input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens
    from telemetry_calls
    where result = 'ok' and known_call_id is null
      and (from_at is null or asked_at >= from_at)
      and (until_at is null or asked_at < until_at)
),
turns as (
    select
        call_id,
        asked_at,
        hash(session_id, case when kind <> 'compact' then agent_id end) as thread_hash,
        kind = 'compact' as is_compaction,
        hash(provider, answered_model) as target_hash,
        case when tools_sha256 is not null then hash(tools_sha256) end as tools_hash,
        case when system_sha256 is not null then hash(system_sha256) end as system_hash,
        case when cache_ttl = '1h' or cache_write_1h_tokens > 0 then 3600 else 300 end as ttl_s,
        cache_write_5m_tokens,
        cache_write_1h_tokens,
        cache_read_tokens,
        cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens as warm_tokens,
        input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens as prompt_tokens
    from answered
    where session_id is not null
      and (getvariable('session') is null or session_id = getvariable('session')::varchar)
      and kind in ('main', 'plan', 'subagent', 'stream_retry', 'compact')
      and (kind <> 'subagent' or agent_id is not null)
)
select
    turns.*,
    lag(asked_at) over thread as last_at,
    lag(is_compaction) over thread as last_is_compaction,
    lag(target_hash) over thread as last_target_hash,
    lag(tools_hash) over thread as last_tools_hash,
    lag(system_hash) over thread as last_system_hash,
    lag(ttl_s) over thread as last_ttl_s,
    lag(warm_tokens) over thread as last_warm_tokens,
    lead(asked_at) over thread as next_at,
    lead(cache_read_tokens) over thread as next_read_tokens
from turns
window thread as (partition by thread_hash order by asked_at, call_id);
