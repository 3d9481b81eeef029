"""Inbox, coalescing, facts, applying decisions, timers, keys, journal."""
