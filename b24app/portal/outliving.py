"""Work that must not be torn apart: it runs in a process of its own, which a killed worker does not take along.

A refresh token works once. Between the authorization server's answer and our commit the only copy of
the new pair is in memory; if the worker is killed there, the pair is lost. A forked child in a session
of its own finishes the work whatever happens to its parent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, NoReturn

from b24app.errors import AppError, PortalLost, PortalRefused, PortalUnavailable
from rules.decision import Text

_KINDS = {kind.__name__: kind for kind in (PortalLost, PortalRefused, PortalUnavailable)}


def outliving(work: Callable[[], Any]) -> Any:
    """What `work` returns (JSON values); its PortalLost, PortalRefused or PortalUnavailable is raised
    here again, anything else is PortalUnavailable. `work` must use no connection of this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _finish(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    answer = json.loads(said) if said else {"error": "PortalUnavailable", "ru": "", "en": "the refresh was cut off"}
    if "error" not in answer:
        return answer["result"]
    text, kind = Text(answer["ru"], answer["en"]), _KINDS.get(answer["error"], PortalUnavailable)
    raise kind(text, code=answer.get("code", ""))


def _finish(work: Callable[[], Any], writing: int) -> NoReturn:
    """The child's whole life; it leaves without the clean-up that belongs to its parent."""
    os.setsid()
    try:
        answer = {"result": work()}
    except AppError as error:
        code = str(getattr(error, "code", "") or error.context.get("code", ""))
        answer = {"error": type(error).__name__, "ru": error.text.ru, "en": error.text.en, "code": code}
    except BaseException as error:  # noqa: BLE001 - the last frame of the process: whatever it was, the parent is told
        answer = {"error": "PortalUnavailable", "ru": "", "en": type(error).__name__}
    try:
        os.write(writing, json.dumps(answer).encode())
    finally:
        os._exit(0)
