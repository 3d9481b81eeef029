"""One file = how the facts of one kind of subject are read in bulk."""
