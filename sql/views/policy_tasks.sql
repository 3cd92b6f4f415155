-- One row per task and change of policy: arm `base` for tasks that began in the time before it, `other` for those in as long a
-- time after it (`policy_changes`), in the columns that `arm_totals` sums. Money is null where a call has no price; paid is cash and the
-- period's fee of the plan, shared out by list value. Sessions are told apart by hash. Calls stream past the tasks of their thread: to
-- sort the calls of a large period takes more memory than a question has.
create or replace view policy_tasks as
with hits as (
    select call_id, count(*) as limit_hits
    from attempt_log
    where result = 'limit_hit'
    group by call_id
),
asked as not materialized (
    select
        call_id, hash(session_id, coalesce(agent_id, '')) as thread, hash(session_id) as session_id,
        asked_at, list_usd, cost_usd, bill = 'plan' as is_plan, attempts > 1 or result <> 'ok' as may_have_hit,
        input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens + output_tokens as tokens,
        starts_with(reason, 'escalated') as is_escalated
    from period_calls
    where is_turn(kind) and result is not null
),
working as (
    select thread, session_id, asked_at, list_usd, cost_usd, is_plan, tokens, is_escalated, 0 as limit_hits, true as is_call
    from asked
    union all by name
    select thread, session_id, asked_at, limit_hits, false as is_call
    from asked
    join hits using (call_id)
    where may_have_hit
),
begun as (
    from period_tasks
    where began_at >= (select min(before_at) from policy_changes)
),
tasks as (
    select
        any_value(session_id) as session_id,
        began_at,
        any_value(outcome) as outcome,
        count(*) filter (is_call) as calls,
        case when count(list_usd) = calls then sum(list_usd) end as list_usd,
        case when count(cost_usd) = calls then sum(cost_usd) end as cash_usd,
        case when count(list_usd) = calls then coalesce(sum(list_usd) filter (is_plan), 0) end as plan_list_usd,
        sum(tokens) as tokens,
        sum(limit_hits) as limit_hits,
        count(*) filter (is_escalated) as escalations
    from working
    join begun using (thread)
    where asked_at >= began_at and asked_at < coalesce(next_at, 'infinity'::timestamp)
    group by thread, began_at
),
fee as (
    select coalesce(
        (select sum(plan_usd)::double from period_days) / nullif(sum(list_usd), 0), 0
    ) as per_list_usd
    from calls
    where asked_at >= asked_from() and asked_at < asked_until() and bill = 'plan'
)
select
    change as experiment,
    case when began_at < applied_at then 'base' else 'other' end as arm,
    tasks.* exclude (plan_list_usd),
    (cash_usd + plan_list_usd * per_list_usd)::decimal(18, 9) as paid_usd
from tasks
cross join fee
join policy_changes
  on began_at >= before_at and began_at < after_at;
