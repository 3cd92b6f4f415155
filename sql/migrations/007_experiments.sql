-- The experiment that a call counts for, its session's arm in it and how likely that arm was: null
-- outside of experiments, and where somebody asked for a target. `weights` names the fitted weights
-- of the score behind `terms`, null for the built-in ones.
alter table call_log add column experiment varchar;
alter table call_log add column arm varchar;
alter table call_log add column propensity double;
alter table call_log add column weights varchar;
