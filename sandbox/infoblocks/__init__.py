"""Universal lists: blocks with their fields, sections, and elements with values of every type."""
