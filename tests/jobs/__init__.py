"""Jobs over an embedded Valkey, with an engine that only counts."""
