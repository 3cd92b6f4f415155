-- KPI:     sessions whose cache broke
-- Answers: which sessions lost their warm prefix, how often, and for how much?
-- Grain:   one row per session, dearest first; `lost_usd` as in cache_causes.sql
-- Set:     period and filters as in sql/README.md; break_cause  VARCHAR, only breaks of this cause, default: every;
--          top_rows  default: 50

select
    session_id,
    any_value(title) as title,
    coalesce(any_value(found.project), '') as project,
    count(*) as breaks,
    count(distinct cause) as causes,
    sum(cold_tokens)::bigint as cold_tokens,
    sum(lost_usd)::decimal(18, 9) as lost_usd,
    count(*) - count(lost_usd) as unpriced_breaks,
    min(asked_at) as first_at,
    max(asked_at) as last_at

from period_lost_cache as found
left join session_facts using (session_id)
where getvariable('break_cause') is null or cause = getvariable('break_cause')::varchar
group by session_id
order by lost_usd desc nulls last, breaks desc, session_id
limit coalesce(getvariable('top_rows')::bigint, 50);
