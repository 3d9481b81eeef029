// The few things of the employee's view that need a script: dragging cards, the clock, the slider, keeping up.
(() => {
  "use strict";

  // --- a panel over the page, with another page of the portal inside
  const slider = {
    // `settings`: width or left margin in pixels, a label beside the panel, a title for the browser's tab.
    open(address, closed, settings = {}) {
      const shade = document.createElement("div");
      shade.className = "shade";
      const panel = shade.appendChild(document.createElement("div"));
      if (Number(settings.width) > 0) panel.style.width = `min(${Number(settings.width)}px, 100vw)`;
      else if (Number(settings.left) >= 0) panel.style.width = `calc(100vw - ${Number(settings.left)}px)`;
      if (settings.label && settings.label.text) {
        const label = panel.appendChild(document.createElement("span"));
        label.className = "slider-label";
        label.textContent = settings.label.text;
        label.style.background = settings.label.bgColor || "";
        label.style.color = settings.label.color || "";
      }
      const title = document.title;
      if (settings.title) document.title = settings.title;
      const button = panel.appendChild(document.createElement("button"));
      button.type = "button";
      button.textContent = "×";
      button.setAttribute("aria-label", "Закрыть");
      const frame = panel.appendChild(document.createElement("iframe"));
      const url = new URL(address, location.origin);
      url.searchParams.set("IFRAME", "Y");
      frame.src = url.href;
      const close = () => {
        shade.remove();
        document.title = title;
        document.removeEventListener("keydown", escape);
        if (closed) closed();
      };
      const escape = (event) => event.key === "Escape" && close();
      shade.close = close;
      button.addEventListener("click", close);
      shade.addEventListener("click", (event) => event.target === shade && close());
      document.addEventListener("keydown", escape);
      document.body.appendChild(shade);
    },
    // Closes the topmost panel of this page; false when there is none.
    close() {
      const shades = document.querySelectorAll(".shade");
      const last = shades[shades.length - 1];
      if (last) last.close();
      return Boolean(last);
    },
  };
  window.portalSlider = slider;

  const read = async () => {
    const answer = await fetch(location.href);
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  };
  // Shows fresh data around a frame, or the whole page when no frame stands in it.
  window.portalRefresh = async () => {
    const page = await read();
    if (!page) return;
    const framed = document.querySelector("main iframe");
    const parts = framed ? [...document.querySelectorAll("[data-live]")] : [document.querySelector("main")];
    for (const part of parts) {
      const fresh = page.querySelector(framed ? `[data-live="${part.dataset.live}"]` : "main");
      if (fresh) part.innerHTML = fresh.innerHTML;
    }
  };

  const say = (text, bad) => {
    const said = document.querySelector(".said") || document.createElement("div");
    said.className = bad ? "said bad" : "said";
    said.setAttribute("role", "status");
    said.textContent = text;
    document.querySelector("main").before(said);
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-slider]");
    if (link) {
      event.preventDefault();
      slider.open(link.href, () => location.reload(), { width: link.dataset.sliderWidth });
    }
    const phone = event.target.closest("[data-call]");
    if (phone) {
      event.preventDefault();
      import("/static/frames/calls.js").then(({ toPhone }) => toPhone(phone.dataset.call));
    }
    const question = event.target.closest("[data-confirm]");
    if (question && !confirm(question.dataset.confirm)) event.preventDefault();
    for (const open of document.querySelectorAll("details.pop[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });

  for (const list of document.querySelectorAll(".bubbles")) list.scrollTop = list.scrollHeight;

  // --- fields that hold a CRM object
  document.addEventListener("click", async (event) => {
    const pick = event.target.closest("[data-pick]");
    const unpick = event.target.closest("[data-unpick]");
    const field = (pick || unpick)?.closest("form, label").querySelector("input[type=hidden][name=value], input[data-picked]");
    if (unpick) {
      field.value = "";
      unpick.previousElementSibling.textContent = "Выбрать";
    }
    if (!pick) return;
    event.preventDefault();
    const { selectCrm } = await import("/static/frames/dialogs.js");
    const type = pick.dataset.pick;
    const client = type === "company" || type === "contact" ? type : "";
    const chosen = await selectCrm({ entityType: [type], client });
    const one = chosen && chosen[type][0];
    if (!one) return;
    field.value = one.id.split("_")[1];
    pick.textContent = one.title;
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]") && event.target.value) event.target.form.requestSubmit();
    const name = event.target.dataset.reload;
    if (!name) return;
    const url = new URL(location.href);
    url.searchParams.set(name, event.target.value);
    location.href = url.href;
  });

  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", async () => {
      await fetch("/sandbox/clock", { method: "POST", body: JSON.stringify({ advance: button.dataset.advance }) });
      location.reload();
    });
  }

  // --- the open page follows what others do, as a portal pushes changes into pages
  const main = document.querySelector("main");
  const busy = () =>
    document.hidden ||
    document.querySelector(".shade") ||
    main.contains(document.activeElement) ||
    main.querySelector("iframe, [data-board], details[open]");
  const begun = Date.now();
  let shown = main.innerHTML;
  const follow = async () => {
    const parts = document.querySelectorAll("[data-follow]");
    if (document.hidden || (busy() && !parts.length)) return;
    const page = await read();
    // Parts that change under the hand of whoever types.
    for (const part of page ? parts : []) {
      const fresh = page.querySelector(`[data-follow="${part.dataset.follow}"]`);
      if (fresh && fresh.innerHTML !== part.innerHTML && !part.querySelector("details[open]")) {
        part.innerHTML = fresh.innerHTML;
        part.scrollTop = part.scrollHeight;
      }
    }
    if (!busy()) {
      const fresh = page && page.querySelector("main");
      if (fresh && fresh.innerHTML !== shown && !busy()) main.innerHTML = shown = fresh.innerHTML;
    }
  };
  const wait = () => {
    const soon = Date.now() - begun < 60_000;
    setTimeout(() => follow().catch(() => {}).finally(wait), soon ? 2_000 : 10_000);
  };
  wait();

  // --- dragging a robot to another place on its stage
  for (const lane of document.querySelectorAll("[data-robots]")) {
    let moved = null;
    lane.addEventListener("dragstart", (event) => (moved = event.target.closest("[data-robot-number]")));
    lane.addEventListener("dragover", (event) => {
      const over = event.target.closest("[data-robot-number]");
      if (!moved || !over || over === moved) return;
      event.preventDefault();
      const middle = over.getBoundingClientRect().top + over.offsetHeight / 2;
      if (event.clientY < middle) over.before(moved);
      else over.after(moved);
    });
    lane.addEventListener("drop", (event) => event.preventDefault());
    lane.addEventListener("dragend", async () => {
      const robots = [...lane.querySelectorAll("[data-robot-number]")].map((card) => card.dataset.robotNumber);
      moved = null;
      await fetch(lane.dataset.robots, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({ stage: lane.dataset.stageRobots, robots: robots.join(",") }),
      });
    });
  }

  // --- dragging a card to another stage
  const board = document.querySelector("[data-board]");
  if (!board) return;
  let dragged = null;
  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-item]");
    if (!dragged) return;
    dragged.classList.add("dragged");
    event.dataTransfer.setData("text/plain", dragged.dataset.item);
  });
  board.addEventListener("dragend", () => {
    if (dragged) dragged.classList.remove("dragged");
    for (const lane of board.querySelectorAll(".over")) lane.classList.remove("over");
    dragged = null;
  });
  board.addEventListener("dragover", (event) => {
    const lane = event.target.closest("[data-stage]");
    if (!lane || !dragged) return;
    event.preventDefault();
    for (const other of board.querySelectorAll(".over")) if (other !== lane) other.classList.remove("over");
    lane.classList.add("over");
  });
  board.addEventListener("drop", (event) => {
    const lane = event.target.closest("[data-stage]");
    if (!lane || !dragged) return;
    event.preventDefault();
    move(dragged, dragged.closest("[data-stage]"), lane);
  });

  const put = (card, to) => to.querySelector(".sum").after(card);
  // Counts and amounts of the columns, as the portal knows them now.
  const recount = async () => {
    const page = await read();
    for (const lane of page ? board.querySelectorAll("[data-stage]") : []) {
      const fresh = page.querySelector(`[data-stage="${CSS.escape(lane.dataset.stage)}"]`);
      for (const part of ["h2", ".sum"]) lane.querySelector(part).innerHTML = fresh.querySelector(part).innerHTML;
    }
  };
  async function move(card, from, to) {
    if (from === to) return;
    put(card, to);
    const answer = await fetch(`/item/${board.dataset.board}/${card.dataset.item}/move`, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams({ stageId: to.dataset.stage }),
    });
    if (answer.ok) return void recount();
    put(card, from);
    const body = await answer.json().catch(() => ({}));
    say(body.error || "Не удалось переместить", true);
    const link = document.createElement("a");
    link.href = card.querySelector("a.title").href;
    link.textContent = "Открыть карточку";
    document.querySelector(".said").append(" ", link);
  }
})();
