"""A large ledger made by SQL alone: for measuring how fast the pages' queries are."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from collector import ledger, prices

DAYS = 90

CALLS = """
insert into call_log by name
with numbered as (
    select
        i,
        $ends_at::timestamp - to_microseconds((($calls - i) * $step_us)::bigint) as asked_at,
        hash(i) % 100 as dice,
        hash(i // 150) as session,
        hash(i * 7) % 1000 / 1000.0 as size,
        hash(i * 11) % 50 = 0 as is_cold,
        20000 + 400 * (i % 150) as prompt_tokens
    from range($calls) as series(i)
),
routed as (
    select *,
        case when dice < 55 then 'main' when dice < 75 then 'subagent' when dice < 83 then 'title'
             when dice < 96 then 'classifier' else 'count_tokens' end as kind,
        case when luck < 45 then 'max' when luck < 75 then 'anthropic' when luck < 92 then 'ollama'
             else 'openrouter' end as provider,
        case when luck < 60 then 'claude-opus-4-6' when luck < 70 then 'claude-sonnet-4-5'
             when luck < 75 then 'claude-haiku-4-5' when luck < 92 then 'qwen3-coder:30b'
             else 'qwen/qwen3-coder:free' end as model
    from (from numbered select *, case when i % 20 = 0 then dice else session % 100 end as luck)
)
select
    'call-' || i as call_id, asked_at,
    'project-' || session % 12 as project, 'session-' || session as session_id,
    case kind when 'subagent' then 'agent-' || session end as agent_id,
    kind, 'claude-opus-4-6' as asked_model, model as answered_model, provider,
    case provider when 'max' then 'plan' when 'anthropic' then 'cash' else 'local' end as bill,
    case kind when 'main' then 'default' else 'background' end as route, route as rule,
    'held: the cache is warm; rule default' as reason, size as complexity,
    case when dice = 30 then '[["max/claude-opus-4-6", "window", "five_hour is at 81%"]]'
         else '[]' end as skipped,
    case when dice = 17 then 'failed' else 'ok' end as result, 200 as status,
    1 + (dice = 50)::int as attempts,
    12 as input_tokens,
    case when is_cold then prompt_tokens else 400 end as cache_write_5m_tokens,
    0 as cache_write_1h_tokens,
    case when is_cold then 0 else prompt_tokens - 400 end as cache_read_tokens,
    (80 + 900 * size)::bigint as output_tokens, 0 as web_searches,
    case when dice = 99 then null else (0.06 * size)::decimal(18, 9) end as list_usd,
    case when dice = 99 then null when provider = 'anthropic' then (0.06 * size)::decimal(18, 9)
         else 0 end as cost_usd,
    (0.09 * size)::decimal(18, 9) as baseline_usd,
    300 + 900 * size as ttfb_ms, 1500 + 9000 * size as duration_ms,
    'req_' || i as request_id, 'msg_' || i as message_id, 'end_turn' as stop_reason,
    false as usage_missing, false as partial, 'POST' as method, '/v1/messages' as path,
    true as stream, 120000 as body_bytes, md5(i::varchar) as body_sha256,
    12 as tools, 40 as messages, 'base_url' as capture,
    kind in ('main', 'subagent') and hash(i * 13) % 10 > 0 as is_tool_turn,
    kind = 'main' and hash(i * 13) % 100 = 0 as is_reask,
    case when asked_at < $ends_at - interval 20 day then 'v1'
         when asked_at < $ends_at - interval 8 day then 'v2' else 'v3' end as policy_version,
    case when model like 'claude%' then 'anthropic/' || model || '#input' end as price_id
from routed
"""

ATTEMPTS = """
insert into attempt_log by name
select
    call_id, attempts as attempt_no, asked_at as started_at, provider, answered_model as model,
    answered_model, bill, result, status, ttfb_ms, duration_ms, request_id, message_id, stop_reason,
    input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens,
    web_searches, list_usd, cost_usd, baseline_usd, false as usage_missing,
    case when answered_model like 'claude%' then list_transform(
        ['input', 'cache_write_5m', 'cache_read', 'output'],
        lambda unit: 'anthropic/' || answered_model || '#' || unit
    ) end as price_ids
from call_log
"""

FAILED = """
insert into attempt_log by name
select
    call_id, 1 as attempt_no, asked_at as started_at, 'max' as provider,
    'claude-opus-4-6' as model, 'plan' as bill, 'overloaded' as result, 529 as status,
    false as usage_missing
from call_log
where attempts = 2
"""

READINGS = """
insert into limit_readings by name
select
    asked_at as read_at, call_id, 'max' as provider,
    unnest(['five_hour', 'seven_day']) as limit_window, request_id, 'allowed' as status,
    unnest([0.41, 0.18]) as utilization, 
    unnest([time_bucket(interval 5 hour, asked_at) + interval 5 hour,
            time_bucket(interval 7 day, asked_at) + interval 7 day]) as resets_at,
    hash(call_id) % 100000 = 0 as is_hit, 'proxy' as source
from call_log
where provider = 'max'
"""

POLICIES = """
insert into policy_log by name
select min(asked_at) as applied_at, policy_version
from call_log
group by policy_version
"""


def fill(file: Path, calls: int, ends_at: datetime) -> None:
    """Write `calls` calls, evenly over the 90 days before `ends_at` (UTC)."""
    step_us = DAYS * 86_400_000_000 // calls
    with ledger.writing(file) as db:
        prices.pricer(db, file.parent, "claude-opus-4-6")
        db.execute(
            CALLS,
            {"calls": calls, "step_us": step_us, "ends_at": ends_at.replace(tzinfo=None)},
        )
        db.execute(ATTEMPTS)
        db.execute(FAILED)
        db.execute(READINGS)
        db.execute(POLICIES)


if __name__ == "__main__":
    began = time.monotonic()
    fill(Path(sys.argv[1]), int(sys.argv[2]), datetime.now(UTC))
    print(f"{sys.argv[2]} calls in {time.monotonic() - began:.1f} s")
