-- A row is an attempt on the plan that is said to have cost cash, or one on a local model that is
-- said to have cost more than its electricity.
select call_id, attempt_no, target, bill, cost_usd, power_usd
from attempts
where bill = 'plan' and cost_usd > 0
   or bill = 'local' and cost_usd > coalesce(power_usd, 0)
order by call_id, attempt_no;
