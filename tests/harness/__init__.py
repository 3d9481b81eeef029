"""Launchers that tests share."""
