-- KPI:     providers that are down, for alerts
-- Answers: which provider has answered nothing of late although it was asked?
-- Grain:   one row per provider with at least `least_failures` attempts in the last `minutes` minutes, of which
--          each failed on the provider's side; the period and the filters do not apply
-- Set:     now  TIMESTAMP in UTC, default: the clock; least_failures  default: 3; minutes  default: 10

select
    provider,
    count(*) as failures,
    arg_max(result, started_at) as cause,
    arg_max(status, started_at) as status,
    max(started_at) as last_at

from attempts
cross join period
where started_at > now_at - to_minutes(coalesce(getvariable('minutes')::bigint, 10))
  and started_at <= now_at
  and source = 'proxy'
  and result <> 'cancelled'
group by provider
having count(*) >= coalesce(getvariable('least_failures')::bigint, 3)
   and bool_and(result in ('unreachable', 'overloaded', 'failed', 'truncated'))
order by provider;
