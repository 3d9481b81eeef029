"""The employee view at /."""
