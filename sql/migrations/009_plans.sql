-- One row per plan from `valid_from` on (UTC), as data/plans.toml tells them: the monthly fee, and `multiple`, how large the
-- plan is against the smallest.
create table plans (
    name varchar, title varchar, valid_from timestamp, usd decimal(18, 9), multiple double
);
