"""Open lines: their settings, connectors, and the conversations with clients."""
