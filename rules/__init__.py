"""The business: pure decisions. Nothing here does I/O, reads the clock or knows a portal id."""
