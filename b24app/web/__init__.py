"""Everything that answers HTTP: verifies, stores, answers. Nothing else."""

from b24app.web.app import create_app

__all__ = ["create_app"]
