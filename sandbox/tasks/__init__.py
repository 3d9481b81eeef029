"""Tasks beyond their own row: who may do what, check lists, comments, time, results, history."""
