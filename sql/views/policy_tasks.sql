-- One row per task and change of policy: arm `base` for tasks that began in the time before it, `other` for those in as long a
-- time after it (`policy_changes`), in the columns that `arm_totals` sums. Money is null where a call has no price; paid is cash and the
-- period's fee of the plan, shared out by list value.
create or replace view policy_tasks as
with tasks_begun as (
    select task_id, first_calls.session_id, coalesce(first_calls.agent_id, '') as agent, began_at, outcome
    from period_tasks
    join period_calls as first_calls using (call_id)
),
hits as (
    select call_id, count(*) as limit_hits
    from attempt_log
    where result = 'limit_hit'
    group by call_id
),
working as (
    select session_id, coalesce(agent_id, '') as agent, asked_at, list_usd, cost_usd, bill = 'plan' as is_plan,
        input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens + output_tokens as tokens,
        coalesce(limit_hits, 0) as limit_hits, starts_with(reason, 'escalated') as is_escalated
    from period_calls
    left join hits using (call_id)
    where kind in ('main', 'plan', 'subagent', 'stream_retry') and result is not null
),
worked as (
    select task_id, outcome, began_at, working.*
    from working
    asof join tasks_begun
      on working.session_id = tasks_begun.session_id and working.agent = tasks_begun.agent
      and working.asked_at >= tasks_begun.began_at
),
tasks as (
    select
        task_id, session_id, began_at,
        any_value(outcome) as outcome,
        count(*) as calls,
        case when count(list_usd) = count(*) then sum(list_usd) end as list_usd,
        case when count(cost_usd) = count(*) then sum(cost_usd) end as cash_usd,
        case when count(list_usd) = count(*) then coalesce(sum(list_usd) filter (is_plan), 0) end as plan_list_usd,
        sum(tokens) as tokens,
        sum(limit_hits) as limit_hits,
        count(*) filter (is_escalated) as escalations
    from worked
    group by task_id, session_id, began_at
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
