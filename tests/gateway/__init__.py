"""The gateway: what it sends, what it survives, what it never repeats."""
