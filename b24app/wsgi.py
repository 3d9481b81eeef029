"""The entry for gunicorn: `b24app.wsgi:app`."""

from __future__ import annotations

from b24app import bootstrap
from b24app.web import create_app
from config.settings import load_settings

services = bootstrap.build(load_settings())
services.seed_credentials()
app = create_app(services)
