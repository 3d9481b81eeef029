/* Speaks to the portal around the application's frame.
 *
 * The portal names the frame "DOMAIN|PROTOCOL|APP_SID". A command is a text message
 * "command:{json}:id:app_sid" to the portal's origin; its answer is "id:{json}".
 * Commands: https://apidocs.bitrix24.com/sdk/bx24-js-sdk/
 */
(() => {
  "use strict";
  const PATIENCE = 1500; // some commands are never answered: the portal just does them

  const [domain = "", protocol = "1", sid = ""] = (window.name || "").split("|");
  const inside = window.parent !== window && domain !== "" && sid !== "";
  const origin = `${protocol === "0" ? "http" : "https"}://${domain}`.replace(/:(80|443)$/, "");
  const waiting = new Map();
  let number = 0;

  window.addEventListener("message", (event) => {
    if (!inside || event.source !== window.parent || event.origin !== origin || typeof event.data !== "string") return;
    const colon = event.data.indexOf(":");
    const id = colon < 0 ? event.data : event.data.slice(0, colon);
    const settle = waiting.get(id);
    if (!settle) return;
    waiting.delete(id);
    try {
      settle(colon < 0 || colon === event.data.length - 1 ? null : JSON.parse(event.data.slice(colon + 1)));
    } catch {
      settle(null);
    }
  });

  /* Sends a command; resolves with the answer, or with null when none comes in time. */
  function send(command, params) {
    if (!inside) return Promise.resolve(null);
    return new Promise((resolve) => {
      number += 1;
      const id = `b24app${Date.now()}_${number}`;
      waiting.set(id, resolve);
      setTimeout(() => {
        if (waiting.delete(id)) resolve(null);
      }, PATIENCE);
      const parts = params ? [command, JSON.stringify(params), id, sid] : [command, id, sid];
      window.parent.postMessage(parts.join(":"), origin);
    });
  }

  let height = 0;
  function fitWindow() {
    const wanted = Math.ceil(document.body.getBoundingClientRect().height);
    if (wanted === height || wanted === 0) return;
    height = wanted;
    send("resizeWindow", { width: "100%", height: wanted });
  }

  const frame = {
    inside,
    send,
    fitWindow,
    setTitle: (title) => send("setTitle", { title }),
    openPath: (path) => send("openPath", { path }),
    closeApplication: () => send("closeApplication"),
    /* Ends the installation; does nothing on a portal where it has ended already. */
    installFinish: async () => {
      const data = await send("getInitData");
      if (data && data.FIRST_RUN) await send("setInstall", { install: true });
      if (!data || data.INSTALL) await send("setInstallFinish");
    },
  };
  window.portalFrame = frame;

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-path]");
    if (!link || !inside || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const answer = await frame.openPath(link.dataset.path);
    // The mobile application has no sliders.
    if (answer && answer.result === "error") window.open(link.href, "_blank", "noopener");
  });

  document.addEventListener("DOMContentLoaded", () => {
    new ResizeObserver(fitWindow).observe(document.body);
    fitWindow();
  });
})();
