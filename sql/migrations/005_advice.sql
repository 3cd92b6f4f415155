-- One row per time a finding was put aside, or taken up again (`is_dismissed` false); the latest counts.
create table advice_log (
    finding varchar, is_dismissed boolean, reason varchar, decided_at timestamp
);
