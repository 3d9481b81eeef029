// Calls that pages ask for: the stage has no telephone, so a call is a note on the screen.

const STATES = [
  "incoming", "transferIncoming", "outgoing", "connectingIncoming", "connectingOutgoing", "connected",
  "transferring", "transferFailed", "transferConnected", "error", "moneyError", "redial",
];
const SHOWN_MS = 6000;

function note(text) {
  const box = document.body.appendChild(document.createElement("div"));
  box.className = "toast";
  box.setAttribute("role", "status");
  box.textContent = text;
  setTimeout(() => box.remove(), SHOWN_MS);
}

export async function toEmployee(number, video) {
  const people = await (await fetch("/frame/people")).json();
  const person = people.users.find((one) => String(one.id) === String(number));
  note(`${video ? "Видеозвонок" : "Звонок"}: ${person ? person.name : `сотрудник ${number}`}`);
}

export const toPhone = (phone) => note(`Звонок на номер ${phone}`);

// Without a call there is no call card, and each command of it says so (page-background-worker/index.md).
const noCard = (host, params, answer) => answer([{ result: "error", errorCode: "Call card is undefined" }]);

export const commands = {
  CallCardGetListUiStates: (host, params, answer) => answer(STATES),
  ...Object.fromEntries(
    [
      "CallCardSetMute", "CallCardSetHold", "CallCardSetUiState", "CallCardSetCardTitle", "CallCardSetStatusText",
      "CallCardStartTimer", "CallCardStopTimer", "CallCardClose", "getStatus", "disableAutoClose", "enableAutoClose",
    ].map((name) => [name, noCard])
  ),
};
