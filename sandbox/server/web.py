"""The HTTP server: routes, start and stop."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import socket
from collections.abc import Coroutine
from typing import Any

from aiohttp import web

from sandbox.server.answer import Answer
from sandbox.server.control import Control
from sandbox.server.desk import Desk
from sandbox.server.door import Door
from sandbox.server.files import Files
from sandbox.server.oauth import OAuth
from sandbox.server.options import Options
from sandbox.server.papers import Papers
from sandbox.server.requests import Plain
from sandbox.vendors.server import Messenger
from sandbox.view import routes as view

MAX_BODY = 64 * 1024 * 1024


def build(desk: Desk) -> web.Application:
    """The aiohttp application of one portal."""
    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_route("*", "/rest/api/{tail:.*}", desk.rest_v3.handle)
    app.router.add_route("*", "/rest/{tail:.*}", desk.rest.handle)
    app.add_routes([*OAuth(desk).routes(), *Control(desk).routes(), *Files(desk.portal).routes()])
    app.add_routes(Papers(desk.portal).routes())
    view.attach(app, desk.portal, desk.installation.frame)
    return app


def listen(port: int) -> socket.socket:
    """The listening socket on 127.0.0.1; port 0 takes a free one."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock


def _calm_collector() -> None:
    """The logs hold hundreds of thousands of living lists: looking through them again and again for
    garbage would take a third of the time of every answer."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


async def serve(options: Options) -> None:
    """Runs the portal, and the messenger if it has a port, until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sock = listen(options.port)
    desk = Desk(options)
    desk.open(sock.getsockname()[1])
    runners = [await _run(build(desk))]
    door = await _open(desk, _server(runners[0]), sock)
    ready = {"ready": True, "portal": f"http://{desk.portal.domain}", "member_id": desk.portal.member_id}
    messenger = Messenger(desk)
    if options.messenger_port is not None:
        runners.append(await _run(messenger.build()))
        second = listen(options.messenger_port)
        await web.SockSite(runners[1], second, backlog=1024).start()
        ready["messenger"] = f"http://127.0.0.1:{second.getsockname()[1]}"
    print(json.dumps(ready), flush=True)  # noqa: T201 - the line that whoever started us waits for
    _calm_collector()
    desk.robots.tick()
    await stop.wait()
    door.close()
    for runner in runners:
        await runner.cleanup()
    await messenger.webhooks.close()
    await desk.close()


async def _run(app: web.Application) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    return runner


def _server(runner: web.AppRunner) -> web.Server:
    """What makes aiohttp's side of a connection."""
    if runner.server is None:
        raise RuntimeError("the runner is not set up")
    return runner.server


async def _open(desk: Desk, server: web.Server, sock: socket.socket) -> asyncio.Server:
    """Opens the portal's port: the door answers plain requests of REST, `server` all others."""

    def handler(http: Plain) -> Coroutine[Any, Any, Answer]:
        rest = desk.rest_v3 if http.raw_path.startswith("/rest/api/") else desk.rest
        return rest.reply(http)

    return await asyncio.get_running_loop().create_server(lambda: Door(handler, server()), sock=sock, backlog=1024)
