-- One row per change of policy (`experiment`), side of it (`arm`) and measure, as `arm_totals` has them.
create or replace view policy_totals as
from arm_totals('policy_tasks');
