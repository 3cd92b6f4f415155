-- KPI:     cache breaks by cause
-- Answers: what broke the prompt cache, when, and what did that cost?
-- Grain:   one row for all (`cause` and `day_on` null), then one per cause (`day_on` null), dearest first, then one per
--          cause and local day, oldest first. `lost_usd` is at list price, above what a cache read would have cost; null where no break of
--          the row has a price for that, `unpriced_breaks` counts those without
-- Set:     period and filters as in sql/README.md

select
    cause,
    timezone(zone, timezone('UTC', quarter_at))::date as day_on,
    count(*) as breaks,
    count(distinct session_id) as sessions,
    sum(cold_tokens)::bigint as cold_tokens,
    sum(lost_usd)::decimal(18, 9) as lost_usd,
    coalesce(sum(lost_usd) filter (bill = 'cash'), 0)::decimal(18, 9) as lost_cash_usd,
    count(*) - count(lost_usd) as unpriced_breaks

from period_lost_cache
cross join period
group by grouping sets ((cause, day_on), (cause), ())
order by day_on nulls first, cause is not null, lost_usd desc nulls last, cause;
