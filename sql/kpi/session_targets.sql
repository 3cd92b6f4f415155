-- KPI:     the target of each session now
-- Answers: which target answered the last call of each session's main loop?
-- Grain:   one row per session that was answered in the last 24 hours, newest first, at most `top_rows`;
--          the period and the filters do not apply
-- Set:     now  TIMESTAMP in UTC, default: the clock; top_rows  default: 200

select
    session_id,
    arg_max(provider || '/' || coalesce(answered_model, '?'), asked_at) as target,
    max(asked_at) as last_call_at

from calls
cross join period
where asked_at > now_at - interval 24 hour
  and session_id is not null
  and provider is not null
  and agent_id is null
  and kind in ('main', 'plan', 'compact', 'stream_retry')
group by session_id
order by last_call_at desc, session_id
limit coalesce(getvariable('top_rows')::bigint, 200);
