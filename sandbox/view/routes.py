"""The addresses of the employee's view, and how it is attached to the portal's server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.view import (
    actions,
    addresses,
    calendar,
    calls,
    card_page,
    designer,
    dialogs,
    frames,
    groups,
    letters,
    looks,
    messenger,
    pages,
    panels,
    people,
    processes,
)
from sandbox.view.kinds import SYSTEM
from sandbox.view.opening import Frame
from sandbox.view.screen import FOLDER, Screen, environment

Page = Callable[[Screen], Awaitable[web.StreamResponse]]
_CARDS = "|".join(kind.slug for kind in SYSTEM)
_LISTS = "|".join(kind.plural for kind in SYSTEM)
_NUMBER = r"\d+"

_GET: dict[str, Page] = {
    "/": pages.home,
    f"/{{word:{_LISTS}}}": pages.listing,
    f"/list/{{type:{_NUMBER}}}": pages.listing,
    f"/{{word:{_CARDS}}}/{{id:{_NUMBER}}}": card_page.card,
    f"/item/{{type:{_NUMBER}}}/{{id:{_NUMBER}}}": card_page.card,
    f"/new/{{type:{_NUMBER}}}": pages.new,
    f"/robots/{{type:{_NUMBER}}}": designer.show,
    f"/robots/{{type:{_NUMBER}}}/choose": designer.choose,
    f"/robots/{{type:{_NUMBER}}}/robot": designer.new_robot,
    f"/robot/{{id:{_NUMBER}}}": designer.robot,
    "/tasks": pages.tasks,
    f"/task/{{id:{_NUMBER}}}": pages.task,
    "/notifications": pages.notifications,
    f"/company/personal/user/{{user:{_NUMBER}}}/": people.employee,
    "/report/analytics/": people.analytics,
    "/calendar/": calendar.week,
    "/calendar/new": calendar.new,
    f"/calendar/event/{{id:{_NUMBER}}}": calendar.event,
    "/frame/events": calendar.events,
    "/workgroups/": groups.listing,
    f"/workgroups/group/{{id:{_NUMBER}}}/": groups.group,
    f"/workgroups/group/{{id:{_NUMBER}}}/tasks/": groups.tasks,
    "/bizproc/": processes.listing,
    "/contact_center/": people.contact_center,
    "/contact_center/connector/": people.connector,
    "/online/": messenger.online,
    "/clients": messenger.clients,
    "/outbox": pages.outbox,
    "/apps": frames.apps,
    "/app/{client}": frames.app,
    f"/spot/{{id:{_NUMBER}}}": frames.spot,
    # The same pages by the addresses of a real portal, which applications write into messages.
    "/marketplace/view/{client}/": frames.linked,
    **dict.fromkeys(addresses.PORTAL, addresses.follow),
    f"/call/{{id:{_NUMBER}}}": calls.tab,
    "/frame/call": calls.card,
    "/frame/people": dialogs.people,
    "/frame/crm": dialogs.crm,
    "/frame/searchers": dialogs.searchers,
    f"/frame/searcher/{{id:{_NUMBER}}}": dialogs.searcher,
}
_POST: dict[str, Page] = {
    "/become": actions.become,
    f"/new/{{type:{_NUMBER}}}": actions.add,
    f"/item/{{type:{_NUMBER}}}/{{id:{_NUMBER}}}/move": actions.move,
    f"/item/{{type:{_NUMBER}}}/{{id:{_NUMBER}}}/edit": actions.edit,
    f"/item/{{type:{_NUMBER}}}/{{id:{_NUMBER}}}/delete": actions.delete,
    f"/item/{{type:{_NUMBER}}}/{{id:{_NUMBER}}}/comment": actions.comment,
    f"/item/{{type:{_NUMBER}}}/{{id:{_NUMBER}}}/plan": actions.plan,
    f"/item/{{type:{_NUMBER}}}/{{id:{_NUMBER}}}/pay": actions.pay,
    f"/item/{{type:{_NUMBER}}}/{{id:{_NUMBER}}}/point": panels.change_point,
    f"/item/{{type:{_NUMBER}}}/{{id:{_NUMBER}}}/product": panels.add_product,
    f"/item/{{type:{_NUMBER}}}/{{id:{_NUMBER}}}/requisite": panels.add_requisite,
    f"/product/{{id:{_NUMBER}}}/delete": panels.delete_product,
    f"/item/{{type:{_NUMBER}}}/{{id:{_NUMBER}}}/letter": letters.send,
    f"/payment/{{id:{_NUMBER}}}": actions.settle_payment,
    f"/activity/{{id:{_NUMBER}}}/complete": actions.complete_activity,
    f"/activity/{{id:{_NUMBER}}}/press": looks.press,
    f"/task/{{id:{_NUMBER}}}/complete": actions.complete_task,
    f"/robots/{{type:{_NUMBER}}}/robot": designer.place,
    f"/robots/{{type:{_NUMBER}}}/order": designer.order,
    f"/robots/{{type:{_NUMBER}}}/trigger": designer.place_trigger,
    f"/robot/{{id:{_NUMBER}}}": designer.change,
    f"/robot/{{id:{_NUMBER}}}/remove": designer.remove,
    f"/trigger/{{id:{_NUMBER}}}/remove": designer.remove_trigger,
    f"/online/{{id:{_NUMBER}}}/write": messenger.write,
    f"/online/{{id:{_NUMBER}}}/finish": messenger.finish,
    f"/clients/{{id:{_NUMBER}}}/write": messenger.client_writes,
    "/clients/new": messenger.new_client,
    "/clients/line": messenger.new_line,
    f"/bizproc/{{id:{_NUMBER}}}": processes.answer,
    "/calendar/new": calendar.save,
    f"/calendar/event/{{id:{_NUMBER}}}": calendar.save,
    f"/calendar/event/{{id:{_NUMBER}}}/delete": calendar.delete,
    "/workgroups/": groups.add,
    "/tasks/new": actions.add_task,
    "/notifications/read": actions.read_notifications,
    "/frame/tokens": frames.refresh,
    "/frame/started": frames.started,
}


def attach(app: web.Application, portal: Portal, frame: Frame) -> None:
    """Adds the view to the portal's server; `frame` prepares applications' pages (see `opening.Frame`)."""
    env = environment(portal)

    def route(page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(http: web.Request) -> web.StreamResponse:
            screen = Screen(portal, env, frame, http)
            if http.method == "POST" and not _from_here(http):
                return screen.draw("refusal.html", 403, text="Действие пришло с чужой страницы", code="")
            try:
                return await page(screen)
            except RestError as error:
                return _refusal(screen, error)

        return handle

    app.router.add_static("/static/", FOLDER / "static")
    for address, page in _GET.items():
        app.router.add_get(address, route(page))
    for address, page in _POST.items():
        app.router.add_post(address, route(page))


def _from_here(http: web.Request) -> bool:
    """Whether a form was sent by our own page: pages of applications lie in frames beside it."""
    sender = http.headers.get("Origin")
    return sender is None or urlsplit(sender).netloc == http.host


def _refusal(screen: Screen, error: RestError) -> web.Response:
    """A refused action returns to its page with a message; a refused page is a message itself."""
    text = error.description or "Портал отказал"
    if screen.http.method == "POST":
        return screen.back(text=text, bad=True)
    status = error.status if error.status >= 400 else 400
    return screen.draw("refusal.html", status, text=text, code=str(error.code))
