"""Work that must not be torn apart: it runs in a process of its own, which a killed worker does not take along.

A refresh token works once. Between the authorization server's answer and our commit the only copy of the new pair is
in memory; if the worker is killed there, the pair is lost. A process in a session of its own finishes the work whatever
happens to the worker. It is a fresh one and no fork: a fork of a process with threads inherits locks that nobody will
open, and SQLite's belief to hold locks that are not inherited, which loses commits
(sqlite.org/howtocorrupt.html#_carrying_an_open_database_connection_across_a_fork_).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from b24app.errors import AppError, PortalLost, PortalRefused, PortalUnavailable
from rules.decision import Text

_KINDS = {kind.__name__: kind for kind in (PortalLost, PortalRefused, PortalUnavailable)}


def outliving(module: str, task: Any) -> Any:
    """What `python -m module` makes of a task (JSON values; secrets travel by pipes only). Its PortalLost,
    PortalRefused or PortalUnavailable is raised here again; whatever else ends it is PortalUnavailable."""
    pipe = subprocess.PIPE
    words = [sys.executable, "-m", module]
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, start_new_session=True) as process:  # noqa: S603
        said, _ = process.communicate(json.dumps(task).encode())
    answer = json.loads(said) if said else {"error": "PortalUnavailable", "ru": "", "en": "the refresh was cut off"}
    if "error" not in answer:
        return answer["result"]
    text, kind = Text(answer["ru"], answer["en"]), _KINDS.get(answer["error"], PortalUnavailable)
    raise kind(text, code=answer.get("code", ""))


def finish(work: Callable[[Any], Any]) -> None:
    """The whole life of such a process: the task from its input, the answer to its output."""
    task = json.loads(sys.stdin.buffer.read())
    try:
        answer = {"result": work(task)}
    except AppError as error:
        code = str(getattr(error, "code", "") or error.context.get("code", ""))
        answer = {"error": type(error).__name__, "ru": error.text.ru, "en": error.text.en, "code": code}
    except Exception as error:  # noqa: BLE001 - the last frame of the process: whatever it was, the worker is told
        answer = {"error": "PortalUnavailable", "ru": "", "en": type(error).__name__}
    # Nobody may be listening any more. Unbuffered: the end of the process has nothing left to write.
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), json.dumps(answer).encode())
