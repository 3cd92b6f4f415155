-- KPI:     the six KPIs day by day
-- Answers: where is each number heading?
-- Grain:   one row per local day of the period, up to today; shares are null on a day without calls
-- Set:     period and filters as in sql/README.md

with quarters as (
    select
        quarter_at,
        count(*) as calls,
        count(*) filter (result <> 'cancelled') as settleable_calls,
        count(*) filter (result = 'ok') as answered_calls,
        count(*) filter (result = 'ok' and bill = 'local') as local_calls,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens)
            as prompt_tokens
    from period_calls
    where is_inference
    group by quarter_at
),
days as (
    select
        timezone(zone, timezone('UTC', quarter_at))::date as day_on,
        sum(calls)::bigint as calls,
        sum(answered_calls) / nullif(sum(settleable_calls), 0) as settled_share,
        sum(local_calls) / nullif(sum(answered_calls), 0) as local_share,
        sum(cache_read_tokens) / nullif(sum(prompt_tokens), 0) as prompt_cache_share
    from quarters
    cross join period
    group by day_on
),
hits as (
    select timezone(zone, timezone('UTC', hit_at))::date as day_on, count(*) as limit_hits
    from period_hits
    cross join period
    group by day_on
)

select
    day_on,
    coalesce(calls, 0) as calls,
    settled_share,
    local_share,
    prompt_cache_share,
    coalesce(limit_hits, 0) as limit_hits

from period_days
left join days using (day_on)
left join hits using (day_on)
order by day_on;
