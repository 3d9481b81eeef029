"""Commands that set a portal up: credentials, provision, manifest, settings."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from b24app import bootstrap
from b24app.channels.settings import KEYS
from b24app.cli.output import Output
from b24app.engine.portal_time import TIME_ZONE
from b24app.errors import PresetError
from config.settings import Settings
from rules.decision import Text


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Adds the group to the command line."""
    credentials = commands.add_parser("credentials", parents=[shared], help="client ids and secrets of portals")
    credentials.add_argument("action", choices=["add", "list", "remove"])
    credentials.add_argument("client_id", nargs="?")
    credentials.add_argument("--domain", help="the portal they belong to (a hint)")
    credentials.set_defaults(command=run_credentials)
    provision = commands.add_parser("provision", parents=[shared], help="create on the portal what a preset needs")
    provision.add_argument(
        "--preset", action="extend", nargs="+", metavar="P", help="default: the presets chosen at installation"
    )
    provision.add_argument("--plan", action="store_true", help="only print what would be created")
    provision.add_argument(
        "--accept-rename", action="extend", nargs="+", default=[], metavar="NAME", help="logical names"
    )
    provision.set_defaults(command=run_provision)
    manifest = commands.add_parser("manifest", parents=[shared], help="logical names and this portal's objects")
    manifest.set_defaults(command=run_manifest)
    settings = commands.add_parser("settings", parents=[shared], help="limits and choices of the rules")
    settings.add_argument("action", choices=["get", "set"])
    settings.add_argument("key", nargs="?")
    settings.add_argument("value", nargs="?")
    settings.set_defaults(command=run_settings)


def run_credentials(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Keeps the client ids and secrets; a secret is asked for, never given on the command line."""
    app = bootstrap.build(settings)
    if args.action == "list":
        rows = app.credentials()
        output.result(rows, (" ".join(filter(None, row.values())) for row in rows))
        return 0
    if not args.client_id:
        output.message("credentials add|remove CLIENT_ID")
        return 2
    if args.action == "remove":
        app.remove_credentials(args.client_id)
        output.message("Удалено. / Removed.")
        return 0
    secret = _asked("client secret: ")
    if not secret:
        raise PresetError(Text("Ключ приложения (client_secret) пуст", "The client secret is empty"))
    app.add_credentials(args.client_id, secret, args.domain)
    output.message("Сохранено. / Stored.")
    return 0


def run_provision(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Prints the plan, or carries it out."""
    portal = bootstrap.build(settings).only_portal(args.portal)
    presets = args.preset or portal.presets
    if args.plan:
        plan = portal.plan(presets, args.accept_rename)
        output.result(plan.as_data(), plan.lines("ru"))
        return 0
    report = portal.provision(
        presets, args.accept_rename, lambda done, total, text: output.message(f"{done}/{total} {text.ru}")
    )
    output.result(report.as_data(), report.lines("ru"))
    return 0 if report.complete else 1


def run_manifest(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Prints the binding."""
    manifest = bootstrap.build(settings).only_portal(args.portal).manifest()
    output.result(manifest, (f"{name}: {bound}" for name, bound in sorted(manifest.items())))
    return 0


def run_settings(settings: Settings, args: argparse.Namespace, output: Output) -> int:
    """Shows or changes settings of a portal."""
    portal = bootstrap.build(settings).only_portal(args.portal)
    if args.action == "set":
        value = args.value
        if value is None and args.key in KEYS and KEYS[args.key].secret:
            value = _asked(f"{args.key}: ")
        if args.key is None or value is None:
            output.message("settings set KEY VALUE")
            return 2
        portal.set_setting(args.key, value)
    values = {**portal.limits, TIME_ZONE: portal.settings.time_zone(), **portal.messengers.shown()}
    shown = {args.key: portal.setting(args.key)} if args.key else values
    output.result(shown, (f"{key} = {value}" for key, value in sorted(shown.items())))
    return 0


def _asked(question: str) -> str:
    """A secret, typed unseen or piped in: on the command line others could read it."""
    return getpass.getpass(question) if sys.stdin.isatty() else sys.stdin.readline().strip()
