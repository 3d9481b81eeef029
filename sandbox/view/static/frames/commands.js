// What applications' pages may ask of the portal: general commands, and those of their places.
import { commands as ofCalendar } from "./calendar.js";
import * as calls from "./calls.js";
import { commands as ofLayout } from "./layout.js";
import { selectAccess, selectCrm, selectUsers } from "./dialogs.js";

const RELOAD_AFTER_MS = 150;
const bare = () => document.body.classList.contains("bare");
const soonReload = () => setTimeout(() => location.reload(), RELOAD_AFTER_MS);

async function post(address, body, json) {
  const options = { method: "POST", body: json ? JSON.stringify(body) : new URLSearchParams(body) };
  if (json) options.headers = { "Content-Type": "application/json" };
  const answer = await fetch(address, options);
  return answer.json();
}

// An option of the application or of its user: written in the name of the page's own token, so that
// the portal refuses what the user may not change; all options are the answer.
function keep(method, memory) {
  return async (host, { name, value }, answer) => {
    const done = await post(`/rest/${method}`, { options: { [name]: value }, auth: host.data.AUTH_ID }, true);
    if (!done.error) host.data[memory] = { ...host.data[memory], [name]: value };
    answer(done.error ? done : host.data[memory]);
  };
}

const pixels = (value) => (String(value).endsWith("%") ? String(value) : `${Math.ceil(Number(value))}px`);

// Pages of the portal that may be opened by path (bx24-open-path.md).
const OPENED = /^\/(crm\/(deal|lead|contact|company|quote|type)|marketplace|company\/personal\/user\/\d+|workgroups\/group\/\d+)\//;

const installation = {
  async setInstall(host, params, answer) {
    await post("/frame/started", { app: host.app });
    answer();
  },
  async setInstallFinish(host, params, answer) {
    const done = await post("/sandbox/install_finish", { client_id: host.app }, true);
    answer({ result: Boolean(done.installed) });
    if (done.installed) soonReload();
  },
};

const page = {
  resizeWindow(host, { width, height }, answer) {
    if (Number(height) > 0) host.frame.style.height = pixels(height);
    if (width) host.frame.style.width = pixels(width);
    answer({ width: host.frame.clientWidth, height: host.frame.clientHeight });
  },
  reloadWindow(host, params, answer) {
    answer();
    soonReload();
  },
  // The heading around the application; the browser's own tab keeps its title (bx24-set-title.md).
  setTitle(host, { title }, answer) {
    const heading = document.querySelector("[data-frame-title]");
    if (heading) heading.textContent = String(title);
    answer();
  },
  setScroll(host, { scroll }, answer) {
    if (!bare()) window.scrollTo(0, Number(scroll) || 0);
    answer();
  },
};

const sliders = {
  openApplication(host, params, answer) {
    const url = new URL(`/app/${encodeURIComponent(host.app)}`, location.origin);
    const { bx24_width: width, bx24_title: title, bx24_label: label, bx24_leftBoundary: left } = params;
    for (const [name, value] of Object.entries(params)) {
      url.searchParams.set(`params[${name}]`, typeof value === "object" ? JSON.stringify(value) : value);
    }
    window.portalSlider.open(url.href, () => answer(), { width, title, label, left });
  },
  closeApplication(host, params, answer) {
    answer();
    const inside = window.parent !== window && window.parent.portalSlider;
    if (inside) window.parent.portalSlider.close();
  },
  openPath(host, { path }, answer) {
    const text = String(path);
    if (!OPENED.test(text)) return answer({ result: "error", errorCode: "PATH_NOT_AVAILABLE" });
    const url = new URL(text, location.origin);
    url.searchParams.set("from", "rest_placement");
    return window.portalSlider.open(url.href, () => answer({ result: "close" }));
  },
};

// These never answer (the handlers of a portal take no callback).
const messenger = {
  imCallTo: (host, { userId, video }) => calls.toEmployee(userId, video !== false),
  imPhoneTo: (host, { phone }) => calls.toPhone(phone),
  imOpenMessenger: (host, params) => openChat(params && params.dialogId),
  imOpenHistory: (host, { dialogId }) => openChat(dialogId),
};

function openChat(dialog) {
  const url = new URL("/online/", location.origin);
  if (dialog !== undefined && dialog !== null && dialog !== "") url.searchParams.set("IM_DIALOG", dialog);
  window.portalSlider.open(url.href);
}

export const general = {
  getInitData: (host, params, answer) => answer(host.data),
  async refreshAuth(host, params, answer) {
    const tokens = await post("/frame/tokens", { app: host.app });
    Object.assign(host.data, tokens);
    answer(tokens);
  },
  setAppOption: keep("app.option.set", "APP_OPTIONS"),
  setUserOption: keep("user.option.set", "USER_OPTIONS"),
  getInterface: (host, params, answer) => answer(host.interface),
  // A subscription is not answered: what comes under its key are the events.
  placementBindEvent(host, { event }, answer, key) {
    if (host.interface.event.includes(event)) host.keys.set(event, key);
  },
  selectUser: (host, { mult }, answer) => selectUsers(Boolean(mult)).then(answer),
  selectAccess: (host, { value }, answer) => selectAccess(value || []).then(answer),
  selectCRM: (host, params, answer) => selectCrm(params || {}).then(answer),
  ...installation,
  ...page,
  ...sliders,
  ...messenger,
};

export const ofPlaces = {
  // The data around the frame is read again: in a slider that of the page below it.
  async reloadData(host, params, answer) {
    const below = bare() && window.parent !== window ? window.parent : window;
    await below.portalRefresh();
    answer();
  },
  // Values for the form of a robot; its settings are kept when the administrator saves them.
  setPropertyValue(host, values, answer) {
    const form = document.querySelector("form[data-robot]");
    for (const [name, value] of Object.entries(values)) {
      const control = form.elements.namedItem(`property.${name}`);
      if (!control) continue;
      const chosen = [].concat(value).map(String);
      if (control.multiple) for (const one of control.options) one.selected = chosen.includes(one.value);
      else control.value = chosen.join("\n");
    }
    answer();
  },
  crmShowFoundEntities(host, { data }, answer) {
    if (host.searching) host.searching.show([].concat(data || []));
    answer();
  },
  crmShowCreatedEntity(host, entity, answer) {
    if (host.searching) host.searching.created(entity);
    answer();
  },
  setValue(host, value, answer) {
    const control = host.box.closest("[data-field]").querySelector("[data-field-value]");
    if (control) control.value = typeof value === "string" ? value : JSON.stringify(value);
    answer();
  },
  getValue(host, params, answer) {
    const control = host.box.closest("[data-field]").querySelector("[data-field-value]");
    answer(control ? control.value : host.data.PLACEMENT_OPTIONS.VALUE);
  },
  ...calls.commands,
  ...ofLayout,
  ...ofCalendar,
};
