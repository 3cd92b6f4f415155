"""How well a task went, by what happened: read from transcripts, no prose kept."""
