-- KPI:     latency by target
-- Answers: how long until each target began to answer, how fast did it write, how often did it fail?
-- Grain:   one row per target, most calls first. Times are of calls answered at the first try, in
--          milliseconds to the first byte and to the last; failures are attempts of any call.
--          `tokens_per_s` is of the time after the first byte
-- Set:     period and filters as in sql/README.md

with answered as (
    select
        target, role,
        count(*) as calls,
        approx_quantile(ttfb_ms, [0.5, 0.95]) as ttfb,
        approx_quantile(duration_ms, [0.5, 0.95]) as duration,
        approx_quantile(output_tokens * 1000 / nullif(duration_ms - ttfb_ms, 0), 0.5)
            filter (output_tokens >= 20 and duration_ms > ttfb_ms) as tokens_per_s
    from period_calls
    where is_inference and result = 'ok' and attempts = 1 and ttfb_ms is not null
    group by all
),
failed as (
    select failed_target as target, count(*) as failures
    from period_failures
    group by failed_target
)

select
    coalesce(answered.target, failed.target) as target,
    role,
    coalesce(calls, 0) as calls,
    coalesce(failures, 0) as failures,
    coalesce(failures, 0) / nullif(coalesce(calls, 0) + coalesce(failures, 0), 0) as failed_share,
    ttfb[1] as ttfb_p50_ms,
    ttfb[2] as ttfb_p95_ms,
    duration[1] as duration_p50_ms,
    duration[2] as duration_p95_ms,
    tokens_per_s

from answered
full join failed using (target)
order by calls desc, target;
