"""Workgroups and polls: what people do together outside of CRM."""
