"""What every family of methods stands on: the call, the errors, the store, the clock, the portal."""
