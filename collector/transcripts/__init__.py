"""Claude Code's own transcripts: found, read, merged and settled in the ledger."""
