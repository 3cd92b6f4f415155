-- KPI:     reconciliation of the gate with the transcripts
-- Answers: which calls did only the gate see, which only Claude Code's own files, which only its telemetry, and do they
--          count the same?
-- Grain:   one row per day
-- Set:     period as in sql/README.md; days begin in its zone
--
-- Dollars are at list price. Differences are what the gate counted beyond the transcript, of calls
-- that both tell of; telemetry's dollars are Claude Code's own estimate. Token counts and probes stand
-- in no transcript and are left out.

with told as (
    select wire_call_id, list_usd, partial,
           input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens
               + output_tokens as tokens,
           asked_at
    from transcript_calls
),
wire as (
    select call_id, list_usd,
           input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens
               + output_tokens as tokens,
           asked_at
    from call_log
    where kind is null or kind not in ('count_tokens', 'probe')
),
seen as (
    select
        coalesce(wire.asked_at, told.asked_at) as asked_at,
        case when told.asked_at is null then 'wire'
             when wire.asked_at is null then 'transcript'
             else 'both' end as seen_in,
        coalesce(wire.list_usd, told.list_usd) as list_usd,
        wire.list_usd - told.list_usd as usd_beyond,
        wire.tokens - told.tokens as tokens_beyond,
        told.partial
    from wire
    full join told on told.wire_call_id = wire.call_id
),
telemetry as (
    select
        telemetry_calls.asked_at,
        known_call_id is null as is_only,
        telemetry_calls.list_usd,
        coalesce(call_log.list_usd, transcript_calls.list_usd) - told_usd as usd_beyond
    from telemetry_calls
    left join call_log on call_log.call_id = known_call_id
    left join transcript_calls on transcript_calls.call_id = known_call_id
    where telemetry_calls.result = 'ok'
),
rows_seen as (
    from seen
    union all by name
    select asked_at, 'telemetry' as seen_in, is_only, list_usd as telemetry_list_usd,
           usd_beyond as usd_beyond_telemetry
    from telemetry
)

select
    timezone(zone, timezone('UTC', asked_at))::date as day,
    count(*) filter (where seen_in = 'both') as both_calls,
    count(*) filter (where seen_in = 'wire') as wire_only_calls,
    count(*) filter (where seen_in = 'transcript') as transcript_only_calls,
    sum(list_usd) filter (where seen_in = 'both') as both_list_usd,
    sum(list_usd) filter (where seen_in = 'wire') as wire_only_list_usd,
    sum(list_usd) filter (where seen_in = 'transcript') as transcript_only_list_usd,
    sum(usd_beyond) as usd_beyond_transcript,
    sum(tokens_beyond) as tokens_beyond_transcript,
    count(*) filter (where seen_in = 'both' and partial) as both_partial_calls,
    count(*) filter (where seen_in = 'telemetry') as telemetry_calls,
    count(*) filter (where seen_in = 'telemetry' and is_only) as telemetry_only_calls,
    sum(telemetry_list_usd) filter (where is_only) as telemetry_only_list_usd,
    sum(usd_beyond_telemetry) as usd_beyond_telemetry

from rows_seen
cross join period

where asked_at >= start_at
  and asked_at < end_at
group by all
order by day;
