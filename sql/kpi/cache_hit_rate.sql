-- KPI:     cache hit rate (target: at least 50 %): two numbers that are never mixed
-- Answers: what share of the prompt tokens was read from the provider's prompt cache?
-- Grain:   one row for the period; inference calls only. Calls answered from our own response cache are
--          the second number: null, because that cache does not exist yet
-- Set:     period and filters as in sql/README.md

select
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens)::bigint
        as prompt_tokens,
    sum(cache_read_tokens)
        / nullif(sum(input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens), 0)
        as prompt_cache_share,
    null::double as response_cache_share

from period_calls
where is_inference;
