-- One row per call of the period that another target answered than the call before it in the same
-- session and agent; the calls compared are those that pass every filter.
-- `cold_tokens` of its prompt were warm in the cache left behind and were not read from the new one;
-- `cold_usd` is what they cost above a cache read, at the list price that the call was priced by: null
-- where the target has no price for cache reads, 0 on a local model.
create or replace view period_switches as
with turns as (
    select row_no, asked_at, hash(session_id, agent_id) as thread_hash, hash(target) as target_hash
    from period_calls
    where result = 'ok' and session_id is not null and is_turn(kind)
),
moved as materialized (
    select row_no, lag(row_no) over thread as left_row_no
    from turns
    window thread as (partition by thread_hash order by asked_at, row_no)
    qualify target_hash <> lag(target_hash) over thread
),
switched as (
    select
        taken.call_id, taken.asked_at, taken.session_id, taken.agent_id, left_.target as from_target, taken.target,
        taken.role, taken.bill, taken.attempts, taken.reason,
        case when epoch(taken.asked_at - left_.asked_at) > case when left_.cache_write_1h_tokens > 0 then 3600 else 300 end
             then 0
             else greatest(
                 least(
                     left_.cache_write_5m_tokens + left_.cache_write_1h_tokens + left_.cache_read_tokens,
                     taken.input_tokens + taken.cache_write_5m_tokens + taken.cache_write_1h_tokens
                         + taken.cache_read_tokens
                 ) - taken.cache_read_tokens, 0)
             end as cold_tokens,
        case when taken.cache_write_5m_tokens > 0 then write_5m_rate
             when taken.cache_write_1h_tokens > 0 then write_1h_rate
             else input_rate end - read_rate as cold_rate
    from moved
    join period_calls as taken on taken.row_no = moved.row_no
    join period_calls as left_ on left_.row_no = left_row_no
    left join bucket_rates on bucket_rates.price_id = taken.price_id
)
select
    call_id, asked_at, session_id, agent_id, from_target, target, role, bill, cold_tokens,
    case when attempts > 1 then 'fallback'
         when contains(reason, 'escalated:') then 'escalation'
         when contains(reason, 'pays within') then 'the cold cache pays'
         when contains(reason, 'is harder') then 'harder task'
         when contains(reason, 'free to choose') then 'free point'
         when contains(reason, 'asked by the client') or contains(reason, 'client asks for') then 'asked by the client'
         when contains(reason, 'pinned') then 'pinned'
         else 'other' end as why,
    case when cold_tokens = 0 or bill = 'local' then 0
         else cold_tokens * cold_rate / 1000000 end::decimal(18, 9) as cold_usd
from switched;
