-- One row per call whose warm prefix was lost: at least 1,024 tokens (the shortest prompt that is cached at all) that
-- the turn before left in the cache, and that this turn paid for anew. A session's or agent's first turn loses nothing.
-- `cause` is the first of these that holds, the most thorough first: `idle` (longer than the cache lives), `switch`
-- (another target answered), `tools` (the list of tools changed), `system` (the system prompt changed), `compaction`
-- (the history was replaced by a summary), else `unknown`; transcripts and telemetry tell neither tools nor system prompt.
-- `lost_usd` is what the cold tokens cost above a cache read, at the price that the call was priced by: null where that
-- has no rate, 0 on a local model.
-- `cache_breaks_between(from_at, until_at)` is the same for turns asked in [from_at, until_at), UTC; both are fast for
-- one session where the variable `session` is set.
create or replace macro cache_breaks_between(from_at, until_at) as table
with broken as materialized (
    select row_no, last_row_no, prompt_tokens, least(last_warm_tokens, prompt_tokens) - cache_read_tokens as cold_tokens
    from agent_turns(from_at, until_at)
    where least(last_warm_tokens, prompt_tokens) - cache_read_tokens >= 1024
),
wanted as materialized (
    select row_no from broken
    union
    select last_row_no from broken
),
told as materialized (
    select
        4 * rowid as row_no, call_id, asked_at, session_id, agent_id, kind, provider, answered_model, bill,
        tools_sha256, system_sha256, cache_ttl, cache_write_5m_tokens, cache_write_1h_tokens, price_id
    from call_log
    where rowid in (select row_no // 4 from wanted where row_no % 4 = 0)
    union all by name
    select
        4 * rowid + 1 as row_no, call_id, asked_at, session_id, agent_id, kind,
        case when bill = 'plan' then 'max' else 'anthropic' end as provider, answered_model, bill,
        cache_write_5m_tokens, cache_write_1h_tokens, price_ids[1] as price_id
    from transcript_calls
    where rowid in (select row_no // 4 from wanted where row_no % 4 = 1)
    union all by name
    select
        4 * rowid + 2 as row_no, call_id, asked_at, session_id, kind,
        case when bill = 'plan' then 'max' else 'anthropic' end as provider, model as answered_model, bill,
        cache_write_5m_tokens, cache_write_1h_tokens, price_ids[1] as price_id
    from telemetry_calls
    where rowid in (select row_no // 4 from wanted where row_no % 4 = 2)
),
paired as (
    select
        told.*,
        cold_tokens, prompt_tokens,
        epoch(told.asked_at - last_turn.asked_at) as idle_s,
        case when last_turn.cache_ttl = '1h' or last_turn.cache_write_1h_tokens > 0 then 3600 else 300 end as ttl_s,
        (told.provider, told.answered_model) is distinct from (last_turn.provider, last_turn.answered_model)
            as is_switch,
        told.tools_sha256 <> last_turn.tools_sha256 as has_other_tools,
        told.system_sha256 <> last_turn.system_sha256 as has_other_system,
        last_turn.kind = 'compact' as is_compacted,
        case when told.cache_write_5m_tokens + told.cache_write_1h_tokens = 0 then input_rate
             when told.cache_write_1h_tokens > told.cache_write_5m_tokens then write_1h_rate
             else write_5m_rate end - read_rate as lost_rate
    from broken
    join told using (row_no)
    join told as last_turn on last_turn.row_no = last_row_no
    left join bucket_rates on bucket_rates.price_id = told.price_id
)
select
    row_no, call_id, session_id, agent_id, asked_at,
    case when idle_s > ttl_s then 'idle'
         when is_switch then 'switch'
         when has_other_tools then 'tools'
         when has_other_system then 'system'
         when is_compacted then 'compaction'
         else 'unknown' end as cause,
    cold_tokens,
    case when bill = 'local' then 0 else cold_tokens * lost_rate / 1000000 end::decimal(18, 9) as lost_usd,
    provider || '/' || coalesce(answered_model, '?') as target, bill, idle_s, ttl_s, prompt_tokens
from paired;

create or replace view cache_breaks as
select * exclude (row_no)
from cache_breaks_between(null::timestamp, null::timestamp);
