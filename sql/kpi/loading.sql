-- KPI:     loading state
-- Answers: how much was loaded from the gate's journal, and how much imported from transcripts?
-- Grain:   one row; period and filters do not apply
-- Set:     nothing

select
    (select count(*) from journal_offsets) as journal_segments,
    (select coalesce(sum(loaded_bytes), 0)::bigint from journal_offsets) as journal_bytes,
    (select count(*) from import_files) as transcript_files,
    (select coalesce(sum(calls), 0)::bigint from import_files) as transcript_calls,
    (select count(*) from open_calls) as open_calls;
