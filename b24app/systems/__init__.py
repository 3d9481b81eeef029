"""Clients of other systems, and readers of their files."""
