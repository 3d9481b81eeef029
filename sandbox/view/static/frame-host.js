// The portal's side of the talk with an application's page in a frame.
//
// The page posts texts `command:parameters:key:sid` (parameters are JSON and may be absent) or, for
// commands with a colon in their name, objects `{method, params, callback, appSid}`. It is answered
// by a text `key:JSON`. Only the frame that was opened, from the origin it was opened with and
// with its own session id, is listened to.
(() => {
  "use strict";
  if (window.portalFrames) return;
  window.portalFrames = true;

  const RELOAD_AFTER_MS = 150;
  const hosts = [...document.querySelectorAll("[data-frame]")].map(start);

  function start(box) {
    const host = JSON.parse(box.querySelector("script").textContent);
    host.frame = box.querySelector("iframe");
    window.addEventListener("message", (event) => receive(host, event));
    box.querySelector("form").submit();
    return host;
  }

  function receive(host, event) {
    if (event.source !== host.frame.contentWindow || event.origin !== host.origin) return;
    const message = read(event.data);
    if (!message || message.sid !== host.sid) return;
    const answer = (value) => {
      if (message.key) event.source.postMessage(`${message.key}:${JSON.stringify(value ?? [])}`, event.origin);
    };
    const command = Object.hasOwn(commands, message.command) ? commands[message.command] : null;
    if (command) command(host, message.params, answer);
    else answer([]);
  }

  function read(data) {
    if (data && typeof data === "object" && typeof data.method === "string") {
      return { command: data.method, params: data.params || {}, key: data.callback, sid: data.appSid };
    }
    if (typeof data !== "string") return null;
    const parts = data.split(":");
    if (parts.length < 3) return null;
    const sid = parts.pop();
    const key = parts.pop();
    const command = parts.shift();
    return { command, params: parsed(parts.join(":")), key, sid };
  }

  function parsed(text) {
    if (!text) return {};
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  async function post(address, body, json) {
    const options = { method: "POST", body: json ? JSON.stringify(body) : new URLSearchParams(body) };
    if (json) options.headers = { "Content-Type": "application/json" };
    const answer = await fetch(address, options);
    return answer.json();
  }

  // An option of the application or of its user: written in the name of the page's own token.
  function keep(method, memory) {
    return async (host, { name, value }, answer) => {
      host.data[memory] = { ...host.data[memory], [name]: value };
      answer(await post(`/rest/${method}`, { options: { [name]: value }, auth: host.data.AUTH_ID }, true));
    };
  }

  const ignored = (host, params, answer) => answer([]);

  const commands = {
    getInitData: (host, params, answer) => answer(host.data),
    setInstall: ignored,
    async setInstallFinish(host, params, answer) {
      const done = await post("/sandbox/install_finish", { client_id: host.app }, true);
      answer({ result: Boolean(done.installed) });
      if (done.installed) setTimeout(() => location.reload(), RELOAD_AFTER_MS);
    },
    async refreshAuth(host, params, answer) {
      const tokens = await post("/frame/tokens", { app: host.app });
      Object.assign(host.data, tokens);
      answer(tokens);
    },
    setAppOption: keep("app.option.set", "APP_OPTIONS"),
    setUserOption: keep("user.option.set", "USER_OPTIONS"),
    resizeWindow(host, { height }, answer) {
      if (Number(height) > 0) host.frame.style.height = `${Math.ceil(Number(height))}px`;
      answer({ width: host.frame.clientWidth, height: host.frame.clientHeight });
    },
    reloadWindow(host, params, answer) {
      answer([]);
      setTimeout(() => location.reload(), RELOAD_AFTER_MS);
    },
    setTitle(host, { title }, answer) {
      document.title = String(title);
      const heading = document.querySelector("[data-frame-title]");
      if (heading) heading.textContent = String(title);
      answer([]);
    },
    setScroll(host, { scroll }, answer) {
      window.scrollTo(0, Number(scroll) || 0);
      answer([]);
    },
    openApplication(host, params, answer) {
      const url = new URL(`/app/${encodeURIComponent(host.app)}`, location.origin);
      for (const [name, value] of Object.entries(params)) {
        url.searchParams.set(`params[${name}]`, typeof value === "object" ? JSON.stringify(value) : value);
      }
      window.portalSlider.open(url.href, () => answer([]));
    },
    closeApplication(host, params, answer) {
      answer([]);
      const inside = window.parent !== window && window.parent.portalSlider;
      if (inside) window.parent.portalSlider.close();
    },
    openPath(host, { path }, answer) {
      const url = new URL(String(path), location.origin);
      if (url.origin !== location.origin) return answer({ result: "error", errorCode: "PATH_NOT_AVAILABLE" });
      return window.portalSlider.open(url.href, () => answer({ result: "close" }));
    },
    getInterface: (host, params, answer) =>
      answer({ command: host.data.PLACEMENT === "DEFAULT" ? [] : ["reloadData"], event: [] }),
    reloadData(host, params, answer) {
      answer([]);
      setTimeout(() => location.reload(), RELOAD_AFTER_MS);
    },
    placementBindEvent: ignored,
  };

  // Tests and curious people may look at what is open.
  window.portalHosts = hosts;
})();
