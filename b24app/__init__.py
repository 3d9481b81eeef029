"""The automation companion for Bitrix24: the machinery around rules, robots, handlers and exchanges."""
