"""One file = one report: columns, and rows read through the context in bulk."""
