-- What a local model drew while it answered, by the watts and the price of a kWh that the policy
-- named at the time; null where it names none. It is part of the attempt's `cost_usd`.
alter table attempt_log add column power_usd decimal(18, 9);
