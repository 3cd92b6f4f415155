-- One row per call of the period that another target answered than the call before it in the same
-- session and agent; the calls compared are those that pass every filter.
-- `cold_tokens` of its prompt were warm in the cache left behind and were not read from the new one;
-- `cold_usd` is what they cost above a cache read, at the list price that the call was priced by: null
-- where the target has no price for cache reads, 0 on a local model.
create or replace view period_switches as
with threads as (
    select
        call_id, asked_at, session_id, agent_id, target, role, bill, attempts, reason,
        cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens,
        input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens as prompt_tokens,
        lag(target) over thread as from_target,
        lag(asked_at) over thread as left_at,
        lag(case when cache_write_1h_tokens > 0 then 3600 else 300 end) over thread as ttl_s,
        lag(cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens) over thread as warm_tokens
    from period_calls
    where result = 'ok' and session_id is not null and kind in ('main', 'plan', 'subagent', 'stream_retry')
    window thread as (partition by session_id, agent_id order by asked_at, call_id)
),
switched as (
    select
        *,
        case when epoch(asked_at - left_at) > ttl_s then 0
             else greatest(least(warm_tokens, prompt_tokens) - cache_read_tokens, 0) end as cold_tokens,
        case when cache_write_5m_tokens > 0 then 'cache_write_5m'
             when cache_write_1h_tokens > 0 then 'cache_write_1h'
             else 'input' end as paid_unit
    from threads
    where from_target <> target
),
rows_used as (
    select switched.call_id, paid_unit, unnest(attempts.price_ids) as price_id
    from switched
    join attempts on attempts.call_id = switched.call_id and attempts.attempt_no = switched.attempts
),
rates as (
    select rows_used.call_id, any_value(paid.usd_per_mtok - warm.usd_per_mtok) as usd_per_mtok
    from rows_used
    join prices as paid on paid.price_id = rows_used.price_id and paid.unit = rows_used.paid_unit
    join prices as warm
      on warm.unit = 'cache_read' and warm.provider = paid.provider and warm.match = paid.match
     and warm.valid_from is not distinct from paid.valid_from
     and warm.context_key is not distinct from paid.context_key
     and warm.context_value is not distinct from paid.context_value
     and warm.threshold_tokens is not distinct from paid.threshold_tokens
    group by rows_used.call_id
)
select
    switched.call_id, asked_at, session_id, agent_id, from_target, target, role, bill, cold_tokens,
    case when attempts > 1 then 'fallback'
         when contains(reason, 'escalated:') then 'escalation'
         when contains(reason, 'pays within') then 'the cold cache pays'
         when contains(reason, 'is harder') then 'harder task'
         when contains(reason, 'free to choose') then 'free point'
         when contains(reason, 'asked by the client') or contains(reason, 'client asks for') then 'asked by the client'
         when contains(reason, 'pinned') then 'pinned'
         else 'other' end as why,
    case when cold_tokens = 0 or bill = 'local' then 0
         else cold_tokens * usd_per_mtok / 1000000 end::decimal(18, 9) as cold_usd
from switched
left join rates using (call_id);
