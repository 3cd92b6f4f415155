-- KPI:     cache hit rate (target: at least 50 %): two numbers that are never mixed
-- Answers: what share of the prompt tokens was read from the provider's prompt cache?
-- Grain:   one row for the period; inference calls only. Calls answered from our own response cache are
--          the second number: null, because that cache does not exist yet
-- Set:     period and filters as in sql/README.md

select cache_read_tokens, prompt_tokens, prompt_cache_share, response_cache_share
from period_kpis;
