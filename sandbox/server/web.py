"""The HTTP server: routes, start and stop."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import socket

from aiohttp import web

from sandbox.server.control import Control
from sandbox.server.desk import Desk
from sandbox.server.files import Files
from sandbox.server.oauth import OAuth
from sandbox.server.options import Options
from sandbox.server.papers import Papers
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
    runners = [await _run(build(desk), sock)]
    ready = {"ready": True, "portal": f"http://{desk.portal.domain}", "member_id": desk.portal.member_id}
    messenger = Messenger(desk)
    if options.messenger_port is not None:
        door = listen(options.messenger_port)
        runners.append(await _run(messenger.build(), door))
        ready["messenger"] = f"http://127.0.0.1:{door.getsockname()[1]}"
    print(json.dumps(ready), flush=True)  # noqa: T201 - the line that whoever started us waits for
    _calm_collector()
    desk.robots.tick()
    await stop.wait()
    for runner in runners:
        await runner.cleanup()
    await messenger.webhooks.close()
    await desk.close()


async def _run(app: web.Application, sock: socket.socket) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.SockSite(runner, sock, backlog=1024).start()
    return runner
