/* The installation page: choice of presets, plan, progress, finish. The session travels in a header. */
(() => {
  "use strict";
  const POLL = 800;
  const root = document.getElementById("install");
  const at = (id) => document.getElementById(id);
  const boxes = [...root.querySelectorAll("input[name=preset]")];
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const accepted = () => [...at("plan-lines").querySelectorAll(".line-consent input:checked")].map((box) => box.value);
  const words = at("words").content;
  const word = (name, value) => words.querySelector(`[data-${name}="${CSS.escape(value)}"]`)?.textContent ?? value;

  /* One request; a refusal is thrown as the text a person should read. */
  async function ask(path, body) {
    const options = { headers: { Authorization: `Bearer ${root.dataset.session}` } };
    if (path !== "/progress") options.method = "POST";
    if (body) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    let answer;
    let response;
    try {
      response = await fetch(root.dataset.base + path, options);
      answer = await response.json();
    } catch {
      throw root.dataset.noAnswer;
    }
    if (!response.ok) throw answer.text ? answer.text[document.documentElement.lang] : root.dataset.noAnswer;
    return answer;
  }

  function show(section) {
    for (const id of ["choice", "plan", "run"]) at(id).hidden = id !== section;
    at("problem").hidden = true;
  }

  function complain(text) {
    at("problem").textContent = text;
    at("problem").hidden = false;
  }

  function drawPlan(lines) {
    at("plan-loading").hidden = true;
    at("plan-nothing").hidden = lines.some((line) => line.action !== "exists");
    const counts = new Map();
    for (const line of lines) {
      if (line.action === "create") counts.set(line.kind, (counts.get(line.kind) ?? 0) + 1);
    }
    at("plan-counts").replaceChildren(
      ...[...counts].map(([kind, count]) => {
        const item = document.createElement("li");
        const figure = document.createElement("b");
        figure.textContent = count;
        item.append(`${word("kinds", kind)} `, figure);
        return item;
      }),
    );
    const order = { attention: 0, create: 1, exists: 2 };
    const sorted = [...lines].sort((a, b) => order[a.action] - order[b.action]);
    at("plan-lines").replaceChildren(...sorted.map(drawLine));
    at("start").disabled = false;
  }

  function drawLine(line) {
    const item = at("plan-line").content.firstElementChild.cloneNode(true);
    item.classList.add(`line-${line.action}`);
    item.querySelector(".mark").textContent = word("action", line.action);
    const title = line.title ? `${word("kind", line.kind)}: ${line.title}` : line.note;
    item.querySelector(".line-title").textContent = title;
    item.querySelector(".line-note").textContent = line.title ? line.note : "";
    const consent = item.querySelector(".line-consent");
    if (line.consent) consent.querySelector("input").value = line.consent;
    else consent.remove();
    return item;
  }

  async function showPlan() {
    show("plan");
    at("plan-loading").hidden = false;
    at("plan-nothing").hidden = true;
    at("plan-counts").replaceChildren();
    at("plan-lines").replaceChildren();
    at("start").disabled = true;
    try {
      drawPlan((await ask("/plan", { presets: chosen() })).lines);
    } catch (problem) {
      show("choice");
      complain(problem);
    }
  }

  function drawProgress(progress) {
    const title = at("run-title");
    const state = progress.state === "idle" ? "running" : progress.state;
    title.textContent = title.dataset[state];
    at("run-bar").max = progress.total || 1;
    at("run-bar").value = state === "done" ? progress.total || 1 : progress.done;
    at("run-text").textContent = progress.text;
    at("finish").hidden = state !== "done";
    at("retry").hidden = state !== "failed";
    return state === "running";
  }

  async function follow() {
    let misses = 0;
    for (;;) {
      try {
        if (!drawProgress(await ask("/progress"))) return;
        misses = 0;
        at("problem").hidden = true;
      } catch (problem) {
        misses += 1;
        if (misses > 3) complain(problem);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  }

  async function start() {
    at("start").disabled = true;
    try {
      const progress = await ask("/start", { presets: chosen(), accepted: accepted() });
      show("run");
      if (drawProgress(progress)) await follow();
    } catch (problem) {
      at("start").disabled = false;
      complain(problem);
    }
  }

  async function finish() {
    at("finish").disabled = true;
    try {
      await ask("/finish");
      await window.portalFrame.installFinish();
      if (at("status")) turn(false);
    } catch (problem) {
      complain(problem);
    }
    at("finish").disabled = false;
  }

  /* On the main page the set-up stands behind a button. */
  function turn(toSetup) {
    at("status").hidden = toSetup;
    root.hidden = !toSetup;
    show("choice");
  }

  const refresh = () => {
    at("show-plan").disabled = chosen().length === 0;
  };
  boxes.forEach((box) => box.addEventListener("change", refresh));
  at("show-plan").addEventListener("click", showPlan);
  at("back").addEventListener("click", () => show("choice"));
  at("start").addEventListener("click", start);
  at("retry").addEventListener("click", start);
  at("finish").addEventListener("click", finish);
  at("open-setup")?.addEventListener("click", () => turn(true));
  refresh();

  // The page may be opened again while provisioning runs: join it instead of offering a second start.
  ask("/progress").then(
    (progress) => {
      if (progress.state === "running") {
        if (at("status")) turn(true);
        show("run");
        follow();
      }
    },
    () => {},
  );
  window.portalFrame.setTitle(root.dataset.title);
})();
