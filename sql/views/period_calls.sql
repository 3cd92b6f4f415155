-- One row per call of the period that passes every filter set; with none set, every call.
--   project, kind, target, result, session  VARCHAR, equal to; an empty project means calls without one
--   search                                  VARCHAR, part of a call, request, message or session id
-- `is_inference` is false for probes, token counts and calls of kind `other`: they bear money but no share.
create or replace macro role_of(bill, provider, model) as
    case
        when bill = 'plan' then 'plan'
        when bill = 'local' then 'local'
        when provider = 'openrouter' then 'openrouter'
        when model like '%opus%' then 'opus'
        when model like '%sonnet%' then 'sonnet'
        when model like '%haiku%' then 'haiku'
        else 'other'
    end;

create or replace view period_calls as
select
    calls.*,
    coalesce(provider, '?') || '/' || coalesce(answered_model, '?') as target,
    kind not in ('probe', 'count_tokens', 'other') as is_inference,
    role_of(bill, provider, answered_model) as role,
    time_bucket(interval 15 minute, asked_at) as quarter_at
from calls
cross join period
where asked_at >= start_at
  and asked_at < end_at
  and (getvariable('project') is null or coalesce(project, '') = getvariable('project')::varchar)
  and (getvariable('kind') is null or kind = getvariable('kind')::varchar)
  and (getvariable('result') is null or result = getvariable('result')::varchar)
  and (getvariable('session') is null or session_id = getvariable('session')::varchar)
  and (
      getvariable('target') is null
      or coalesce(provider, '?') || '/' || coalesce(answered_model, '?') = getvariable('target')::varchar
  )
  and (
      getvariable('search') is null
      or contains(concat_ws(' ', call_id, request_id, message_id, session_id), getvariable('search')::varchar)
  );
