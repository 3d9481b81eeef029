"""The wire: REST over HTTP, OAuth, limits, faults, delivery of events, the control side."""
