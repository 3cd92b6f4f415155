-- KPI:     cache breaks
-- Answers: which calls lost their warm prefix, and why?
-- Grain:   one row per call, latest first; `lost_usd` as in cache_causes.sql; `idle_s` is the time since the turn
--          before, `ttl_s` how long the cache then lived
-- Set:     period and filters as in sql/README.md; break_cause  VARCHAR, only breaks of this cause, default: every;
--          top_rows  default: 200

select
    call_id,
    session_id,
    agent_id,
    coalesce(project, '') as project,
    kind,
    target,
    cause,
    prompt_tokens,
    cold_tokens,
    lost_usd,
    idle_s,
    ttl_s,
    asked_at

from period_lost_cache
where getvariable('break_cause') is null or cause = getvariable('break_cause')::varchar
order by asked_at desc, call_id
limit coalesce(getvariable('top_rows')::bigint, 200);
