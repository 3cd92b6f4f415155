-- KPI:     prompt caching, day by day
-- Answers: is the prompt cache working, and what does it save?
-- Grain:   one row per local day, oldest first, after one with `day_on` null for the whole period; inference calls.
--          `read_share` is of all prompt tokens, those of local models too, which count no cache (`local_calls`,
--          `local_tokens`). `saved_usd` is at list price, reads less the surcharge of writes, and null where no call has
--          a price for that
-- Set:     period and filters as in sql/README.md

with quarters as (
    select
        quarter_at,
        count(*) as calls,
        count(*) filter (bill = 'local') as local_calls,
        count(*) - count(saved_usd) as unpriced_calls,
        sum(prompt_tokens) as prompt_tokens,
        sum(prompt_tokens) filter (bill = 'local') as local_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(cache_write_5m_tokens) as cache_write_5m_tokens,
        sum(cache_write_1h_tokens) as cache_write_1h_tokens,
        sum(read_saved_usd) as read_saved_usd,
        sum(surcharge_usd) as surcharge_usd,
        sum(saved_usd) as saved_usd
    from period_prompts
    group by quarter_at
)

select
    timezone(zone, timezone('UTC', quarter_at))::date as day_on,
    coalesce(sum(calls), 0)::bigint as calls,
    coalesce(sum(local_calls), 0)::bigint as local_calls,
    coalesce(sum(unpriced_calls), 0)::bigint as unpriced_calls,
    coalesce(sum(prompt_tokens), 0)::bigint as prompt_tokens,
    coalesce(sum(local_tokens), 0)::bigint as local_tokens,
    coalesce(sum(cache_read_tokens), 0)::bigint as cache_read_tokens,
    coalesce(sum(cache_write_5m_tokens), 0)::bigint as cache_write_5m_tokens,
    coalesce(sum(cache_write_1h_tokens), 0)::bigint as cache_write_1h_tokens,
    sum(cache_read_tokens) / nullif(sum(prompt_tokens), 0) as read_share,
    sum(read_saved_usd)::decimal(18, 9) as read_saved_usd,
    sum(surcharge_usd)::decimal(18, 9) as surcharge_usd,
    sum(saved_usd)::decimal(18, 9) as saved_usd

from quarters
cross join period
group by rollup (day_on)
order by day_on nulls first;
