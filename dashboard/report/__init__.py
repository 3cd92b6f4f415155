"""The monthly report: gathered once, told in words, drawn in any of six formats."""
