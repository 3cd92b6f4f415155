-- KPI:     limit windows now
-- Answers: how full is each window of the plan, when does it reset, and will it hold until then?
-- Grain:   one row per provider and plan window (not an API key's minute limits) that was read in the last 8 days; the period and the
--          filters do not apply. Pace is taken from the last hour of readings (five_hour) or the last day (others);
--          `pace_per_h` is the share that an hour fills,
--          `at_reset` is the utilization to expect at the reset, `full_at` when it would be spent before
-- Set:     now  TIMESTAMP in UTC, default: the clock

with recent as (
    select provider, limit_window, read_at, utilization, resets_at, status, source
    from limit_readings
    cross join period
    where read_at > now_at - interval 8 day
      and read_at <= now_at
      and utilization is not null
      and limit_window not in ('requests', 'tokens', 'input_tokens', 'output_tokens')
),
latest as (
    select
        provider,
        limit_window,
        max(read_at) as read_at,
        arg_max(utilization, read_at) as utilization,
        arg_max(resets_at, read_at) as resets_at,
        arg_max(status, read_at) as status,
        arg_max(source, read_at) as source
    from recent
    group by provider, limit_window
),
earlier as (
    select
        recent.provider,
        recent.limit_window,
        min(recent.read_at) as read_at,
        arg_min(recent.utilization, recent.read_at) as utilization
    from recent
    join latest using (provider, limit_window)
    where recent.read_at > latest.read_at
            - case latest.limit_window when 'five_hour' then interval 1 hour else interval 1 day end
      and recent.resets_at is not distinct from latest.resets_at
    group by recent.provider, recent.limit_window
),
paced as (
    select
        latest.*,
        (latest.utilization - earlier.utilization)
            / nullif(date_diff('second', earlier.read_at, latest.read_at), 0) as per_second,
        latest.resets_at <= now_at as is_reset,
        now_at
    from latest
    join earlier using (provider, limit_window)
    cross join period
)

select
    provider,
    limit_window,
    status,
    source,
    case when is_reset then 0 else utilization end as utilization,
    coalesce(is_reset, false) as is_reset,
    date_diff('second', now_at, resets_at) as reset_in_s,
    date_diff('second', read_at, now_at) as reading_age_s,
    case when not is_reset then greatest(per_second, 0) * 3600 end as pace_per_h,
    case when not is_reset
        then utilization + greatest(per_second, 0) * date_diff('second', read_at, resets_at)
    end as at_reset,
    case when not is_reset and per_second > 0 and utilization < 1
        then date_diff('second', now_at, read_at)
            + ((1 - utilization) / per_second)::bigint
    end as full_in_s,
    read_at,
    resets_at

from paced
order by provider, limit_window;
