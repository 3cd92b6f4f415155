-- What a call was weighed by when it was routed, beside its facts: replay reads this and them.
-- Null for a call that was relayed as asked. `estimated_tokens` is of the whole prompt, `terms`
-- the score's parts (name and points), `skipped` the targets passed over and why.
alter table call_log add column login varchar;
alter table call_log add column rule varchar;
alter table call_log add column task varchar;
alter table call_log add column complexity double;
alter table call_log add column estimated_tokens bigint;
alter table call_log add column documents smallint;
alter table call_log add column media_bytes bigint;
alter table call_log add column web_search boolean;
alter table call_log add column tool_errors smallint;
alter table call_log add column failures smallint;
alter table call_log add column is_reask boolean;
alter table call_log add column tag varchar;
alter table call_log add column terms json;
alter table call_log add column skipped json;

-- One row each time a gate put a policy into force; `policy_version` of a call names one.
create table policy_log (
    applied_at timestamp, policy_version varchar, text varchar
);
