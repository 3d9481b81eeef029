// The portal's own dialogs that pages may open: people, access rights, CRM objects.

const read = async (address) => (await fetch(address)).json();

// A dialog over the page; `fill` draws what may be chosen, the promise is what was chosen, or
// undefined when it was closed.
function ask(title, several, fill) {
  const dialog = document.body.appendChild(document.createElement("dialog"));
  dialog.className = "choose";
  dialog.innerHTML =
    `<form method="dialog"><header><b></b><button value="" aria-label="Закрыть">×</button></header>` +
    `<input type="search" placeholder="Поиск" aria-label="Поиск" autofocus><div class="choice"></div>` +
    `<footer hidden><button class="button" value="chosen">Выбрать</button></footer></form>`;
  dialog.querySelector("b").textContent = title;
  dialog.querySelector("footer").hidden = !several;
  const chosen = new Map();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "chosen" ? [...chosen.values()] : undefined);
    });
    dialog.showModal();
    fill({ dialog, list: dialog.querySelector(".choice"), several, chosen });
  });
}

function option(picker, label, note, value, key, on = false) {
  const row = picker.list.appendChild(document.createElement("button"));
  row.type = "button";
  row.append(label);
  if (note) row.appendChild(document.createElement("small")).textContent = note;
  const mark = (chosen) => {
    row.setAttribute("aria-pressed", chosen);
    if (chosen) picker.chosen.set(key, value);
    else picker.chosen.delete(key);
  };
  mark(on);
  row.addEventListener("click", () => {
    mark(!picker.chosen.has(key));
    if (!picker.several) picker.dialog.close("chosen");
  });
  return row;
}

function heading(picker, text) {
  picker.list.appendChild(document.createElement("h3")).textContent = text;
}

function searching(picker, found) {
  const field = picker.dialog.querySelector("[type=search]");
  field.addEventListener("input", () => found(field.value.trim().toLowerCase()));
  field.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
}

const hideOthers = (picker) => (text) => {
  for (const row of picker.list.querySelectorAll("button")) row.hidden = !row.textContent.toLowerCase().includes(text);
};

// One employee, null when none was chosen; several are an array.
export async function selectUsers(several) {
  const { users } = await read("/frame/people");
  const chosen = await ask(several ? "Выберите сотрудников" : "Выберите сотрудника", several, (picker) => {
    for (const user of users) option(picker, user.name, user.position, user, user.id);
    searching(picker, hideOthers(picker));
  });
  return several ? chosen || [] : (chosen && chosen[0]) || null;
}

// Access rights; those in `blocked` may not be chosen.
export async function selectAccess(blocked) {
  const { rights } = await read("/frame/people");
  const chosen = await ask("Выберите права доступа", true, (picker) => {
    let group = "";
    for (const { id, name, kind } of rights) {
      if (kind !== group) heading(picker, (group = kind));
      option(picker, name, "", { id, name }, id).disabled = blocked.includes(id);
    }
    searching(picker, hideOthers(picker));
  });
  return chosen || [];
}

// What applications find for a text outside of the portal (widgets/crm/detail-search.md): a button for each,
// its page stays invisible; the object it makes of the chosen one is taken.
async function addSearchers(picker, type) {
  const searchers = await read("/frame/searchers");
  const place = picker.dialog.querySelector("form").appendChild(document.createElement("div"));
  place.className = "tools";
  for (const { id, title } of searchers) {
    const button = place.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = "chip small";
    button.textContent = `Искать: ${title}`;
    button.addEventListener("click", () => search(picker, type, id, button));
  }
}

async function search(picker, type, id, button) {
  const words = new URLSearchParams({
    entityTypeName: type.toUpperCase(),
    searchQuery: picker.dialog.querySelector("[type=search]").value,
  });
  const holder = picker.dialog.appendChild(document.createElement("div"));
  holder.innerHTML = await (await fetch(`/frame/searcher/${id}?${words}`)).text();
  const { open } = await import("./host.js");
  const host = open(holder.querySelector("[data-frame]"));
  host.searching = {
    show(found) {
      picker.list.replaceChildren();
      button.disabled = !found.length;
      for (const one of found) {
        const note = [one.phone, one.email, one.web].filter(Boolean).join(" · ");
        const row = picker.list.appendChild(document.createElement("button"));
        row.type = "button";
        row.append(one.name);
        row.appendChild(document.createElement("small")).textContent = note;
        row.addEventListener("click", () => host.tell("onCrmEntityIsNeedToCreate", { appSid: host.sid, data: one }));
      }
    },
    created({ entityType, id: number, title }) {
      const code = entityType === "contact" ? "C" : "CO";
      picker.chosen.set(number, { id: `${code}_${number}`, type: entityType, place: entityType, title, desc: "", url: "" });
      picker.dialog.close("chosen");
    },
  };
}

// CRM objects, in one list for each type that was asked for; the field of a client may also ask applications.
export async function selectCrm({ entityType, multiple, value, client }) {
  const types = entityType && entityType.length ? entityType : ["lead", "contact", "company", "deal", "quote"];
  const several = Boolean(multiple);
  const before = several && value ? value : {};
  const chosen = await ask("Выберите из CRM", several, (picker) => {
    let asked = 0;
    const fill = async (text) => {
      const turn = ++asked;
      const words = new URLSearchParams({ types: types.join(","), q: text });
      const kept = Object.entries(before).flatMap(([type, ids]) => [...ids].map((id) => `${type}:${id}`));
      if (kept.length) words.set("with", kept.join(","));
      const groups = await read(`/frame/crm?${words}`);
      if (turn !== asked) return;
      picker.list.replaceChildren();
      for (const { title, items } of groups) {
        heading(picker, title);
        for (const { chosen: on, ...item } of items) {
          option(picker, item.title, item.desc, item, item.id, several && (on || picker.chosen.has(item.id)));
        }
      }
    };
    fill("");
    searching(picker, fill);
    if (client) addSearchers(picker, client);
  });
  if (!chosen) return null;
  return Object.fromEntries(types.map((type) => [type, chosen.filter((item) => item.type === type)]));
}
