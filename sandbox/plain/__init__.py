"""Families that are a table with fields: declared as data, served by the same six verbs."""
