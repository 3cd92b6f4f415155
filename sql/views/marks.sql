-- One row per question: the marks from where on alerts and advice hold, each a variable of the same name.
--   compact_at      BIGINT, tokens of context that are worth compacting; default: 100000
--   moderate_at     DOUBLE, the score below which work is simple; default: 0.35, as in the policy
--   most_alone      BIGINT, calls of a main loop without a person; default: 200
--   most_failures   BIGINT, calls, edits or tests that failed in a row; default: 8
--   most_usd_per_h  DOUBLE, list value that a session may spend an hour; default: 100
--   most_full       DOUBLE, how full of its windows a plan may be to be large enough; default: 0.9
--   sonnet, haiku   VARCHAR, the model that simple work, and that titles, could go to
create or replace view marks as
select
    coalesce(getvariable('compact_at')::bigint, 100000) as compact_at,
    coalesce(getvariable('moderate_at')::double, 0.35) as moderate_at,
    coalesce(getvariable('most_alone')::bigint, 200) as most_alone,
    coalesce(getvariable('most_failures')::bigint, 8) as most_failures,
    coalesce(getvariable('most_usd_per_h')::double, 100) as most_usd_per_h,
    coalesce(getvariable('most_full')::double, 0.9) as most_full,
    coalesce(getvariable('sonnet')::varchar, 'claude-sonnet-4-5') as sonnet,
    coalesce(getvariable('haiku')::varchar, 'claude-haiku-4-5') as haiku;
