-- One row per time that one policy took another's place, with as long a time before it as after it, both within the period
-- (half-open): `before_at` to `applied_at`, and `applied_at` to `after_at`. Neither reaches over another change. Policies that
-- were only the other arm of an experiment are left out; `before_version` is null where calls were relayed as asked.
create or replace view policy_changes as
with others as materialized (
    select distinct policy_version
    from call_log
    where arm = 'other' and policy_version is not null
),
logged as (
    select
        policy_version, applied_at,
        lag(policy_version) over (order by applied_at, policy_version) as before_version
    from policy_log
    where policy_version not in (
        from others
        except
        select policy_version
        from call_log
        where arm is distinct from 'other' and policy_version in (from others)
    )
),
changes as (
    select
        *,
        lag(applied_at) over (order by applied_at) as earlier_at,
        lead(applied_at) over (order by applied_at) as later_at
    from logged
    where policy_version is distinct from before_version
),
begun as (
    select min(asked_at) as first_at from call_log
),
spans as (
    select
        changes.*,
        least(
            applied_at - greatest(coalesce(earlier_at, first_at), start_at),
            least(coalesce(later_at, now_at), end_at, now_at) - applied_at
        ) as lasts
    from changes
    cross join begun
    cross join period
)
select
    policy_version || ' ' || strftime(applied_at, '%Y-%m-%d %H:%M:%S') as change,
    policy_version, before_version, applied_at,
    applied_at - lasts as before_at,
    applied_at + lasts as after_at,
    epoch(lasts) / 86400 as days
from spans
where lasts > interval 0 second;
