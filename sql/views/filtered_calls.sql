-- One row per call that passes every filter set, whenever it was asked; with none set, every call.
--   project, kind, target, model, provider,
--   branch, result, session, route, rule    VARCHAR, equal to; an empty project or branch means calls without one
--   arm                                     VARCHAR, `experiment: arm` that the call counts for
--   cause                                   VARCHAR, an attempt of the call ended so: limit_hit, overloaded, …
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

create or replace view filtered_calls as
select
    calls.*,
    coalesce(provider, '?') || '/' || coalesce(answered_model, '?') as target,
    kind not in ('probe', 'count_tokens', 'other') as is_inference,
    role_of(bill, provider, answered_model) as role,
    time_bucket(interval 15 minute, asked_at) as quarter_at
from calls
where (getvariable('project') is null or coalesce(project, '') = getvariable('project')::varchar)
  and (getvariable('kind') is null or kind = getvariable('kind')::varchar)
  and (getvariable('result') is null or result = getvariable('result')::varchar)
  and (getvariable('route') is null or coalesce(route, 'default') = getvariable('route')::varchar)
  and (getvariable('rule') is null or coalesce(rule, '') = getvariable('rule')::varchar)
  and (getvariable('model') is null or coalesce(answered_model, '?') = getvariable('model')::varchar)
  and (getvariable('provider') is null or coalesce(provider, '?') = getvariable('provider')::varchar)
  and (getvariable('branch') is null or coalesce(git_branch, '') = getvariable('branch')::varchar)
  and (
      getvariable('cause') is null
      or (source <> 'proxy' and result = getvariable('cause')::varchar)
      or case when getvariable('cause') is not null then call_id end in (
          select call_id from attempt_log where result = getvariable('cause')::varchar
      )
  )
  and (getvariable('arm') is null or coalesce(experiment || ': ' || arm, '') = getvariable('arm')::varchar)
  and (getvariable('session') is null or session_id = getvariable('session')::varchar)
  and (
      getvariable('target') is null
      or coalesce(provider, '?') || '/' || coalesce(answered_model, '?') = getvariable('target')::varchar
  )
  and (
      getvariable('search') is null
      or contains(concat_ws(' ', call_id, request_id, message_id, session_id), getvariable('search')::varchar)
  );
