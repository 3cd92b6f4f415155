-- One row per call whose warm prefix was lost: at least 1,024 tokens (the shortest prompt that is cached at all) that
-- the turn before left in the cache, and that this turn paid for anew. A session's or agent's first turn loses nothing.
-- `cause` is the first of these that holds, the most thorough first: `idle` (longer than the cache lives), `switch`
-- (another target answered), `tools` (the list of tools changed), `system` (the system prompt changed), `compaction`
-- (the history was replaced by a summary), else `unknown`; transcripts and telemetry tell neither tools nor system prompt.
-- `lost_usd` is what the cold tokens cost above a cache read, by the rows that priced the call: null where they have
-- no price for that, 0 on a local model.
-- `cache_breaks_between(from_at, until_at)` is the same for turns asked in [from_at, until_at), UTC; both are fast for
-- one session where the variable `session` is set.
create or replace macro cache_breaks_between(from_at, until_at) as table
with broken as (
    select
        call_id,
        least(last_warm_tokens, prompt_tokens) - cache_read_tokens as cold_tokens,
        epoch(asked_at - last_at) as idle_s,
        last_ttl_s as ttl_s,
        prompt_tokens,
        case when epoch(asked_at - last_at) > last_ttl_s then 'idle'
             when target_hash <> last_target_hash then 'switch'
             when tools_hash <> last_tools_hash then 'tools'
             when system_hash <> last_system_hash then 'system'
             when last_is_compaction then 'compaction'
             else 'unknown' end as cause,
        case when cache_write_5m_tokens + cache_write_1h_tokens = 0 then 'input'
             when cache_write_1h_tokens > cache_write_5m_tokens then 'cache_write_1h'
             else 'cache_write_5m' end as paid_unit
    from agent_turns(from_at, until_at)
    where last_warm_tokens is not null
      and least(last_warm_tokens, prompt_tokens) - cache_read_tokens >= 1024
),
priced as (
    select call_id, unnest(price_ids) as price_id
    from attempts
    where (from_at is null or started_at >= from_at)
      and result = 'ok'
      and call_id in (select call_id from broken)
),
rates as (
    select call_id, min(usd_per_mtok - read_rate) as lost_rate
    from priced
    join broken using (call_id)
    join bucket_rates on bucket_rates.price_id = priced.price_id and unit = paid_unit
    group by call_id
),
asked as (
    select call_id, session_id, agent_id, asked_at, provider, answered_model, bill
    from call_log
    where (from_at is null or asked_at >= from_at) and (until_at is null or asked_at < until_at)
    union all by name
    select
        call_id, session_id, agent_id, asked_at,
        case when bill = 'plan' then 'max' else 'anthropic' end as provider, answered_model, bill
    from transcript_calls
    where wire_call_id is null
      and (from_at is null or asked_at >= from_at) and (until_at is null or asked_at < until_at)
    union all by name
    select
        call_id, session_id, asked_at,
        case when bill = 'plan' then 'max' else 'anthropic' end as provider, model as answered_model, bill
    from telemetry_calls
    where known_call_id is null
      and (from_at is null or asked_at >= from_at) and (until_at is null or asked_at < until_at)
)
select
    call_id, session_id, agent_id, asked_at, cause, cold_tokens,
    case when bill = 'local' then 0 else cold_tokens * lost_rate / 1000000 end::decimal(18, 9) as lost_usd,
    provider || '/' || coalesce(answered_model, '?') as target, bill, idle_s, ttl_s, prompt_tokens
from broken
join asked using (call_id)
left join rates using (call_id);

create or replace view cache_breaks as
from cache_breaks_between(null::timestamp, null::timestamp);
