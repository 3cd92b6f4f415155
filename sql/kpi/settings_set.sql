-- KPI:     settings
-- Answers: which plan and which other settings does the ledger carry?
-- Grain:   one row per setting
-- Set:     nothing

select name, value
from settings
order by name;
