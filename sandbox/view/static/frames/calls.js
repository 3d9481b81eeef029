// Calls: the card of a call that an application carries, and notes of calls that only a telephone could make.
//
// The card follows `/frame/call`. Pages in the card (CALL_CARD) and the invisible page of the application
// (PAGE_BACKGROUND_WORKER) hear its events and give it commands (widgets/ui-interaction).
import { selectUsers } from "./dialogs.js";

const STATES = [
  "incoming", "transferIncoming", "outgoing", "connectingIncoming", "connectingOutgoing", "connected",
  "transferring", "transferFailed", "transferConnected", "error", "moneyError", "redial",
];
const RINGING = ["incoming", "transferIncoming"];
const TALKING = ["connected", "transferConnected"];
const BROKEN = ["error", "moneyError", "transferFailed"];
const LABELS = {
  incoming: "Входящий звонок", outgoing: "Исходящий звонок", connected: "Разговор", transferring: "Переводим звонок",
  error: "Ошибка звонка", moneyError: "Недостаточно средств", redial: "Можно перезвонить",
};
const NOTE_MS = 6000;
const POLL_MS = 1500;
const HELD_OPEN_MS = 65_000;

function note(text) {
  const box = document.body.appendChild(document.createElement("div"));
  box.className = "toast";
  box.setAttribute("role", "status");
  box.textContent = text;
  setTimeout(() => box.remove(), NOTE_MS);
}

export async function toEmployee(number, video) {
  const people = await (await fetch("/frame/people")).json();
  const person = people.users.find((one) => String(one.id) === String(number));
  note(`${video ? "Видеозвонок" : "Звонок"}: ${person ? person.name : `сотрудник ${number}`}`);
}

export const toPhone = (phone) => note(`Звонок на номер ${phone}`);

// --- the card

class CallCard {
  constructor({ status, client, tabs }) {
    Object.assign(this, { status, muted: false, held: false, seconds: 0, autoClose: true, over: false });
    this.box = document.body.appendChild(document.createElement("section"));
    this.box.className = "call-card";
    this.box.setAttribute("aria-label", "Карточка звонка");
    this.box.innerHTML =
      `<header><b class="call-title"></b><time hidden>0:00</time><button type="button" class="cross" aria-label="Закрыть">×</button></header>` +
      `<p class="call-client"></p><p class="muted call-text"></p><div class="call-buttons"></div>` +
      `<form class="inline"><input placeholder="Комментарий" aria-label="Комментарий"><button>Сохранить</button></form>` +
      `<div class="call-tabs"></div>`;
    this.part("title").textContent = status.CALL_DIRECTION === "outgoing" ? "Исходящий звонок" : "Входящий звонок";
    this.showClient(client);
    this.showTabs(tabs);
    this.box.querySelector("header .cross").addEventListener("click", () => {
      this.tell("closeButtonClick");
      this.close();
    });
    this.box.querySelector("form").addEventListener("submit", (event) => this.comment(event));
    this.show(status.CALL_DIRECTION === "outgoing" ? "outgoing" : "incoming");
  }

  part(name) {
    return this.box.querySelector(`.call-${name}`);
  }

  showClient({ title, href }) {
    const name = href ? document.createElement("a") : document.createElement("span");
    if (href) name.href = href;
    name.textContent = title;
    this.part("client").replaceChildren(name, ` · ${this.status.PHONE_NUMBER}`);
  }

  showTabs(tabs) {
    for (const { title, href } of tabs) {
      const frame = this.part("tabs").appendChild(document.createElement("iframe"));
      frame.title = title;
      frame.src = `${href}?IFRAME=Y`;
    }
  }

  // An event for the application's invisible page.
  tell(event, data) {
    if (window.portalTellAll) window.portalTellAll(`BackgroundCallCard::${event}`, data ?? []);
  }

  // An event for the pages inside the card.
  tellInside(event, data) {
    for (const frame of this.part("tabs").children) {
      const inside = frame.contentWindow;
      if (inside && inside.portalTellAll) inside.portalTellAll(`CallCard::${event}`, data ?? []);
    }
  }

  announce() {
    const { PHONE_NUMBER, CRM_ENTITY_TYPE, CRM_ENTITY_ID } = this.status;
    const entity = { PHONE_NUMBER: PHONE_NUMBER || "unknown", CRM_ENTITY_TYPE, CRM_ENTITY_ID };
    this.tell("initialized", this.status);
    this.tell("entityChanged", entity);
    this.tellInside("EntityChanged", entity);
  }

  show(state, { disableAutoStartTimer = false } = {}) {
    this.state = state;
    this.box.dataset.state = state;
    this.part("text").textContent = LABELS[state] || "";
    const call = TALKING.includes(state) ? "connected" : state.startsWith("connecting") ? "connecting" : "idle";
    if (call !== this.status.CALL_STATE) {
      this.status.CALL_STATE = call;
      this.tellInside("CallStateChanged", call);
    }
    if (call === "connected" && !disableAutoStartTimer) this.startTimer();
    if (call !== "connected") this.stopTimer();
    this.part("buttons").replaceChildren(...this.buttons());
  }

  buttons() {
    const talking = TALKING.includes(this.state);
    const offered = [
      ["Ответить", RINGING.includes(this.state), () => this.tell("answerButtonClick")],
      ["Пропустить", RINGING.includes(this.state), () => this.tell("skipButtonClick")],
      [this.muted ? "Включить микрофон" : "Выключить микрофон", talking, () => this.setMute(!this.muted)],
      [this.held ? "Снять с удержания" : "Удержать", talking, () => this.setHold(!this.held)],
      ["Перевести", talking, () => this.transfer()],
      ["Вернуться к звонку", this.state === "transferring", () => this.tell("cancelTransferButtonClick")],
      ["Соединить", this.state === "transferring", () => this.tell("completeTransferButtonClick")],
      ["Завершить", this.state !== "redial", () => this.tell("hangupButtonClick")],
      ["Перезвонить", this.state === "redial" || BROKEN.includes(this.state), () => this.tell("makeCallButtonClick")],
      ["Сообщить администратору", BROKEN.includes(this.state), () => this.tell("notifyAdminButtonClick")],
      ["Следующий", this.status.CALL_LIST_MODE, () => this.tell("nextButtonClick")],
      ...(talking ? [..."123456789*0#"].map((key) => [key, true, () => this.tell("dialpadButtonClick", key)]) : []),
    ];
    return offered.filter(([, here]) => here).map(([label, , act]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", act);
      return button;
    });
  }

  setMute(on) {
    if (on === this.muted) return;
    this.muted = on;
    this.tell("muteButtonClick", on);
    this.part("buttons").replaceChildren(...this.buttons());
  }

  setHold(on) {
    if (on === this.held) return;
    this.held = on;
    this.tell("holdButtonClick", on);
    this.part("buttons").replaceChildren(...this.buttons());
  }

  async transfer() {
    const user = await selectUsers(false);
    if (user) this.tell("transferButtonClick", { phoneNumber: this.status.PHONE_NUMBER, target: user.id });
  }

  comment(event) {
    event.preventDefault();
    const field = event.target.querySelector("input");
    if (field.value) this.tell("addCommentButtonClick", field.value);
    field.value = "";
  }

  startTimer() {
    const clock = this.box.querySelector("time");
    clock.hidden = false;
    this.ticking ||= setInterval(() => {
      this.seconds += 1;
      clock.textContent = `${Math.floor(this.seconds / 60)}:${String(this.seconds % 60).padStart(2, "0")}`;
    }, 1000);
  }

  stopTimer() {
    clearInterval(this.ticking);
    this.ticking = null;
  }

  // The call is over: the card goes away unless a page inside has asked for time.
  end() {
    if (this.over) return;
    this.over = true;
    this.tellInside("BeforeClose");
    if (this.autoClose) return void this.close();
    this.stopTimer();
    setTimeout(() => this.close(), HELD_OPEN_MS);
  }

  allowClosing(on) {
    this.autoClose = on;
    if (on && this.over) this.close();
  }

  close() {
    this.stopTimer();
    this.box.remove();
    closed = this.status.CALL_ID;
    window.portalCall = null;
  }
}

let closed = "";

async function follow() {
  const found = await (await fetch("/frame/call")).json();
  const card = window.portalCall;
  if (card && found.status?.CALL_ID !== card.status.CALL_ID) card.end();
  if (!window.portalCall && found.status && found.status.CALL_ID !== closed) {
    window.portalCall = new CallCard(found);
    window.portalCall.announce();
  }
}

if (document.body.hasAttribute("data-calls")) {
  const wait = () => setTimeout(() => follow().catch(() => {}).finally(wait), POLL_MS);
  follow().catch(() => {}).finally(wait);
}

// --- commands

const here = () => window.portalCall || (window.parent !== window && window.parent.portalCall) || null;
const refused = (text) => [{ result: "error", errorCode: text }];

// A command of the card; without a call there is no card, and each command says so.
function ofCard(act) {
  return (host, params, answer) => {
    const card = here();
    const done = card ? act(card, params || {}) : refused("Call card is undefined");
    if (done !== undefined) answer(done);
  };
}

export const commands = {
  CallCardGetListUiStates: (host, params, answer) => answer(STATES),
  CallCardSetMute: ofCard((card, { muted }) => (card.setMute(Boolean(muted)), [])),
  CallCardSetHold: ofCard((card, { held }) => (card.setHold(Boolean(held)), [])),
  CallCardSetUiState: ofCard((card, params) => {
    if (!STATES.includes(params.uiState)) return refused("Invalid ui state");
    card.show(params.uiState, params);
    return [];
  }),
  CallCardSetCardTitle: ofCard((card, { title }) => ((card.part("title").textContent = title), [])),
  CallCardSetStatusText: ofCard((card, { statusText }) => ((card.part("text").textContent = statusText), [])),
  // These two say nothing when they succeed.
  CallCardStartTimer: ofCard((card) => card.startTimer()),
  CallCardStopTimer: ofCard((card) => card.stopTimer()),
  CallCardClose: ofCard((card) => (card.close(), [])),
  getStatus: ofCard((card) => card.status),
  disableAutoClose: ofCard((card) => (card.allowClosing(false), [])),
  enableAutoClose: ofCard((card) => (card.allowClosing(true), [])),
};
