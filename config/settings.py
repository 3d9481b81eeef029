"""Settings of one installation of the app, from the environment (`B24APP_*`, DATABASE_URL, REDIS_URL).

Inside a data directory lives `running.json`, written by `b24app up`: it lets the other commands find
what is running there. The environment always wins over it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet
from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field

RUNNING_FILE = "running.json"
KEY_FILE = "secret.key"


class Settings(BaseModel):
    """What the processes of one installation share. `config/env.example` explains each variable."""

    model_config = ConfigDict(frozen=True)

    data: Path = Field(description="B24APP_DATA: directory of the embedded database, keys and logs")
    database_url: str = Field(description="DATABASE_URL: PostgreSQL; default is SQLite in the data directory")
    redis_url: str = Field(default="", description="REDIS_URL: Redis or Valkey; empty: the embedded one")
    secret_keys: tuple[str, ...] = Field(repr=False, description="B24APP_SECRET_KEY: Fernet keys, newest first")
    public_url: str = Field(description="B24APP_PUBLIC_URL: the HTTPS address at which portals reach the app")
    client_id: str = Field(default="", description="B24APP_CLIENT_ID: of the first portal's local application")
    client_secret: str = Field(default="", repr=False, description="B24APP_CLIENT_SECRET")
    auth_hosts: tuple[str, ...] = Field(
        default=("https://oauth.bitrix.info", "https://oauth.bitrix24.tech"),
        description="B24APP_AUTH_HOSTS: authorisation servers that may be asked about tokens",
    )
    plan: str = Field(default="standard", description="B24APP_PLAN: standard, enterprise or box (the portal's limits)")
    wazzup_url: str = Field(
        default="https://api.wazzup24.com", description="B24APP_WAZZUP_URL: where Wazzup24 is asked"
    )
    green_api_url: str = Field(
        default="", description="B24APP_GREEN_API_URL: a server of Green-API besides the vendor's own"
    )
    log_level: str = Field(default="INFO", description="B24APP_LOG_LEVEL")
    sandbox_url: str = Field(default="", description="set by `up --sandbox` only")

    @property
    def running_file(self) -> Path:
        """Where `up` says what is running."""
        return self.data / RUNNING_FILE


def load_settings(data: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Reads the settings; `data` (the `--data` option) wins over B24APP_DATA."""
    given = dict(dotenv_values(".env")) | dict(os.environ if environment is None else environment)
    directory = (data or Path(given.get("B24APP_DATA") or ".b24app")).absolute()
    env = _running(directory) | {name: value for name, value in given.items() if value}
    return Settings(
        data=directory,
        database_url=env.get("DATABASE_URL") or f"sqlite:///{directory / 'app.sqlite'}",
        redis_url=env.get("REDIS_URL") or "",
        secret_keys=_secret_keys(directory, env.get("B24APP_SECRET_KEY")),
        public_url=(env.get("B24APP_PUBLIC_URL") or "http://127.0.0.1:8400").rstrip("/"),
        client_id=env.get("B24APP_CLIENT_ID") or "",
        client_secret=env.get("B24APP_CLIENT_SECRET") or "",
        plan=env.get("B24APP_PLAN") or "standard",
        wazzup_url=(env.get("B24APP_WAZZUP_URL") or "https://api.wazzup24.com").rstrip("/"),
        green_api_url=(env.get("B24APP_GREEN_API_URL") or "").rstrip("/"),
        log_level=env.get("B24APP_LOG_LEVEL") or "INFO",
        sandbox_url=env.get("B24APP_SANDBOX_URL") or "",
        **_auth_hosts(env.get("B24APP_AUTH_HOSTS")),
    )


def _running(directory: Path) -> dict[str, str]:
    path = directory / RUNNING_FILE
    if not path.exists():
        return {}
    environment: dict[str, str] = json.loads(path.read_text())["environment"]
    return environment


def _auth_hosts(text: str | None) -> dict[str, tuple[str, ...]]:
    if not text:
        return {}
    return {"auth_hosts": tuple(host.strip().rstrip("/") for host in text.split(",") if host.strip())}


def _secret_keys(directory: Path, text: str | None) -> tuple[str, ...]:
    """The keys from the environment, else one made once and kept in the data directory."""
    if text:
        return tuple(key.strip() for key in text.split(",") if key.strip())
    path = directory / KEY_FILE
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        try:
            # O_EXCL: of two processes that start together, one makes the key and both read it.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "wb") as file:
                file.write(Fernet.generate_key())
    return (path.read_text().strip(),)
