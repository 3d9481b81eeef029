"""The gateway to a portal: transport, budget, batch, keyset reading, tokens, names."""
