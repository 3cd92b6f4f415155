-- One row per experiment, arm and measure: sum, mean per task and its interval of 95 %, as `arm_totals` has them.
create or replace view experiment_totals as
from arm_totals('experiment_tasks');
