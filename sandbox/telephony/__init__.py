"""Telephony: calls from registration to the statistics, external lines, SIP lines."""
