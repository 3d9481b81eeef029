"""One file, one change of the schema."""
