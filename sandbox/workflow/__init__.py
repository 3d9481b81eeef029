"""Business processes: templates, running processes, the tasks they give to people."""
