-- KPI:     model switches
-- Answers: between which targets did sessions move, why, and what did the cold caches cost?
-- Grain:   one row per target left, target taken and reason, dearest first. `cold_usd` is at list price, above
--          what cache reads would have cost; null where a target has no price for those
-- Set:     period and filters as in sql/README.md

select
    from_target,
    target,
    why,
    count(*) as switches,
    count(*) filter (cold_tokens > 0) as cold_switches,
    sum(cold_tokens)::bigint as cold_tokens,
    case when count(*) = count(cold_usd) then sum(cold_usd)::decimal(18, 9) end as cold_usd,
    max(asked_at) as last_at

from period_switches
group by all
order by cold_usd desc nulls last, switches desc, from_target, target, why;
