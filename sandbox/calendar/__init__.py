"""Calendars: sections, events with their repetitions and guests."""
