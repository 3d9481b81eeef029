"""Automation of CRM: robots and triggers on stages, their runs, and what waits for a moment."""
