-- One row per finding and call behind it: what that call would have cost less, had the advice been followed.
-- Of the period's calls that pass every filter; `usd` is at list price by the rows that priced the call, `is_cash` says
-- that it was owed. A finding takes from some calls what it gives at others (compacting costs a call), so a row may be
-- below zero. What each assumes,
-- by the `marks`:
--   compact      context beyond `compact_at` tokens is not read again, for one compaction per session or agent:
--                a summary of 3,000 tokens, and 15,000 tokens of new prompt to write
--   opus_simple  sessions and agents of at most 30 turns, all of them scored below `moderate_at` and answered by
--                Opus, use `sonnet` (claude-sonnet-4-5) from their first turn on, so that no cache is lost; its work takes
--                1.34 times the prompts and 1.26 times the output
--   pauses       what pauses of 5 to 60 minutes lost is read instead, for the dearer writes of an hour's cache; of whole
--                projects, where that pays
--   switches     a session whose client asked for another model meanwhile had stayed
--   writes       sessions and agents of one turn do not cache, by project and model, where nobody read what they wrote
--   batch        half the price of one-turn sessions from scripts (entrypoint sdk-…), owed in cash to Anthropic
--   runaway      a main loop stops after `most_alone` calls without a person, or `most_failures` failed tools
--   tools        sessions with 40 tools or more defer 85 % of what their first prompt has beyond that of sessions with 25
--                or fewer (medians, of at least 3 each)
--   titles       titles and prompt hooks that Opus or Sonnet answered go to `haiku` (claude-haiku-4-5)
create or replace view savings as
with asked as not materialized (
    select
        *,
        bill = 'cash' as is_cash,
        hash(session_id, agent_id) as thread_hash,
        greatest(failed_in_a_row, tool_errors) as failed_tools
    from period_prompts
    where list_usd is not null
),
every_turn as not materialized (
    select *
    from asked
    where result = 'ok' and session_id is not null and is_turn(kind)
      and names_thread(kind, agent_id)
),
threads as materialized (
    select
        thread_hash,
        bool_or(agent_id is not null) as is_agent,
        count(*) as turns,
        count(complexity) = count(*) and max(complexity) < any_value(moderate_at) as is_simple,
        min(answered_model) = max(answered_model) as has_one_model,
        max(tools) as most_tools,
        max(prompt_tokens) as most_prompt_tokens,
        arg_min(prompt_tokens, asked_at) as first_prompt_tokens,
        max(failed_tools) as most_failed_tools
    from every_turn
    cross join marks
    group by thread_hash
),
tool_prompts as materialized (
    select
        0.85 * (
            median(first_prompt_tokens) filter (most_tools >= 40)
            - median(first_prompt_tokens) filter (most_tools <= 25)
        ) as tokens
    from threads
    where not is_agent
    having count(*) filter (most_tools >= 40) >= 3 and count(*) filter (most_tools <= 25) >= 3
),
suspects as materialized (
    select threads.*
    from threads
    cross join marks
    where turns = 1
       or most_prompt_tokens > compact_at
       or (is_simple and has_one_model and turns <= 30)
       or (not is_agent and (turns > most_alone or most_failed_tools >= most_failures))
       or (not is_agent and most_tools >= 40 and exists (from tool_prompts))
),
turns as materialized (
    select
        call_id, asked_at, thread_hash, project, answered_model, provider, entrypoint, is_cash,
        list_usd, saved_usd, is_tool_turn, failed_tools,
        prompt_tokens, input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens,
        input_rate, write_5m_rate, write_1h_rate, read_rate, output_rate,
        suspects.* exclude (thread_hash)
    from (select * exclude (answers_tools), answers_tools as is_tool_turn from every_turn)
    join suspects using (thread_hash)
),
breaks as materialized (
    select
        call_id, asked_at, coalesce(project, '') as project, cause, cold_tokens, lost_usd, bill = 'cash' as is_cash,
        cause = 'idle' and idle_s <= 3600 and ttl_s = 300 as is_pause,
        cause = 'switch' and attempts = 1
            and (rule is null or contains(reason, 'client asks for') or contains(reason, 'asked by the client'))
            as is_asked_switch,
        case when cache_write_5m_tokens > 0 then cold_tokens else 0 end as cold_5m_tokens,
        price_id
    from period_lost_cache
    where list_usd is not null and kind <> 'compact'
),

compact_calls as (
    select
        call_id, asked_at, is_cash, thread_hash,
        least(cache_read_tokens, prompt_tokens - compact_at) * read_rate
        - case when row_number() over thread > 1 then 0
               else compact_at * read_rate + 3000 * output_rate + 15000 * (write_5m_rate - read_rate) end as micro_usd
    from turns
    cross join marks
    where prompt_tokens > compact_at
    window thread as (partition by thread_hash order by asked_at, call_id)
),
compact as (
    select call_id, asked_at, is_cash, micro_usd / 1000000 as usd
    from compact_calls
    qualify sum(micro_usd) over (partition by thread_hash) > 0
),
opus_simple as (
    select
        call_id, asked_at, is_cash,
        list_usd - (
            1.34 * (
                input_tokens * sonnet.input_rate + cache_read_tokens * sonnet.read_rate
                + cache_write_5m_tokens * sonnet.write_5m_rate + cache_write_1h_tokens * sonnet.write_1h_rate
            ) + 1.26 * output_tokens * sonnet.output_rate
        ) / 1000000 as usd
    from turns
    cross join marks
    join bucket_rates as sonnet on sonnet.price_id = 'anthropic/' || marks.sonnet || '#input'
    where contains(answered_model, 'opus') and has_one_model and turns <= 30 and is_simple
),
hour_writes as (
    select project, sum(tokens * (write_1h_rate - write_5m_rate)) / 1000000 as usd
    from (
        select coalesce(project, '') as project, price_id, sum(cache_write_5m_tokens) as tokens
        from every_turn
        where cache_write_5m_tokens > 0 and coalesce(project, '') in (select project from breaks where is_pause)
        group by all
        union all
        select project, price_id, -sum(cold_5m_tokens)
        from breaks
        where is_pause
        group by all
    )
    join bucket_rates using (price_id)
    group by project
),
pauses as (
    select
        call_id, asked_at, is_cash,
        lost_usd * (1 - hour_writes.usd / sum(lost_usd) over (partition by project)) as usd
    from breaks
    join hour_writes using (project)
    where is_pause and lost_usd > 0
    qualify sum(lost_usd) over (partition by project) > hour_writes.usd
),
switches as (
    select call_id, asked_at, is_cash, lost_usd as usd
    from breaks
    where is_asked_switch and lost_usd > 0
),
writes as (
    select call_id, asked_at, is_cash, -saved_usd as usd
    from turns
    where turns = 1 and saved_usd is not null
    qualify sum(saved_usd) over (partition by coalesce(project, ''), answered_model) < 0
),
batch as (
    select call_id, asked_at, is_cash, list_usd / 2 as usd
    from turns
    where turns = 1 and is_cash and provider = 'anthropic' and starts_with(entrypoint, 'sdk')
),
loops as (
    select
        call_id, asked_at, is_cash, thread_hash, list_usd, failed_tools, is_tool_turn,
        count(*) filter (not coalesce(is_tool_turn, false)) over (
            partition by thread_hash order by asked_at, call_id
        ) as spoken
    from turns
    cross join marks
    where not is_agent and (turns > most_alone or most_failed_tools >= most_failures)
),
runaway as (
    select call_id, asked_at, is_cash, list_usd as usd
    from loops
    cross join marks
    qualify (is_tool_turn and row_number() over (partition by thread_hash, spoken order by asked_at, call_id)
             > most_alone)
         or failed_tools >= most_failures
),
tools as (
    select
        call_id, asked_at, is_cash,
        tool_prompts.tokens * case when cache_read_tokens > 0 then read_rate
                                   when cache_write_1h_tokens > 0 then write_1h_rate
                                   when cache_write_5m_tokens > 0 then write_5m_rate
                                   else input_rate end / 1000000 as usd
    from turns
    cross join tool_prompts
    where not is_agent and most_tools >= 40 and tool_prompts.tokens > 0
),
titles as (
    select
        call_id, asked_at, is_cash,
        list_usd - (
            input_tokens * haiku.input_rate + cache_read_tokens * haiku.read_rate
            + cache_write_5m_tokens * haiku.write_5m_rate + cache_write_1h_tokens * haiku.write_1h_rate
            + output_tokens * haiku.output_rate
        ) / 1000000 as usd
    from asked
    cross join marks
    join bucket_rates as haiku on haiku.price_id = 'anthropic/' || marks.haiku || '#input'
    where list_position(['title', 'prompt_hook'], kind) is not null
      and (contains(answered_model, 'opus') or contains(answered_model, 'sonnet'))
),
every_row as (
    select 'compact' as finding, * from compact
    union all select 'opus_simple', * from opus_simple
    union all select 'pauses', * from pauses
    union all select 'switches', * from switches
    union all select 'writes', * from writes
    union all select 'batch', * from batch
    union all select 'runaway', * from runaway
    union all select 'tools', * from tools
    union all select 'titles', * from titles
)
select finding, call_id, asked_at, is_cash, usd::decimal(18, 9) as usd
from every_row
where usd is not null;
