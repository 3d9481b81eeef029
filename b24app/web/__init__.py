"""Flask: verifies, stores, answers. Nothing else."""
