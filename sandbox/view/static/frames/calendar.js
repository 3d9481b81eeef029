// The calendar around an application's view of it (calendar-grid-view.md): commands of the page, and the
// buttons of the calendar that only the page can follow.

const tell = (event, data = {}) => window.portalTellAll(`Calendar.customView:${event}`, data);
const changed = () => tell("refreshEntries");
const number = ({ id, uid }) => encodeURIComponent(id ?? uid);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-calendar]");
  if (!button) return;
  event.preventDefault();
  tell(button.dataset.calendar, button.dataset.date);
});

// A card of the calendar in a slider; when it is closed the entries may be others.
const opened = (address) => (host, params, answer) => {
  window.portalSlider.open(address(params || {}), changed, { width: 560 });
  answer();
};

export const commands = {
  async getEvents(host, { dateFrom, dateTo }, answer) {
    answer(await (await fetch(`/frame/events?${new URLSearchParams({ from: dateFrom, to: dateTo })}`)).json());
  },
  viewEvent: opened((params) => `/calendar/event/${number(params)}`),
  editEvent: opened((params) => `/calendar/event/${number(params)}`),
  addEvent: opened(() => "/calendar/new"),
  async deleteEvent(host, params, answer) {
    if (confirm("Удалить событие?")) {
      await fetch(`/calendar/event/${number(params)}/delete`, { method: "POST", headers: { Accept: "application/json" } });
      changed();
    }
    answer();
  },
};
