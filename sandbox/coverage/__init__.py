"""How much of the vendor's documentation the sandbox covers: the index of it, what differs, the report."""
