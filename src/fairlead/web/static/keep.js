// What a browser keeps by itself where pages are loaded whole: the place on a page one goes back to, and what was typed
// when a session ended. Both stay in this tab. Passwords, files and the tokens of forms are never kept.
"use strict";

(() => {
  const read = (name, otherwise) => {
    try {
      return JSON.parse(sessionStorage.getItem(name)) ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const write = (name, value) => {
    try {
      sessionStorage.setItem(name, JSON.stringify(value));
    } catch {
      // There is no room, or none is given: then nothing is kept.
    }
  };
  const here = () => location.pathname + location.search;

  // places: how far down each page was, by its address; those of the last pages

  const MOST = 60;
  const places = new Map(read("places", []));
  let path = location.pathname;
  let returning = false; // from going back until what was there is shown

  const note = () => {
    if (returning) return;
    places.delete(here());
    places.set(here(), Math.round(scrollY));
    if (places.size > MOST) places.delete(places.keys().next().value);
  };
  const arrive = () => {
    path = location.pathname;
    scrollTo(0, places.get(here()) ?? 0);
    returning = false;
  };

  history.scrollRestoration = "manual";
  addEventListener("scroll", note, { passive: true });
  addEventListener("pagehide", () => {
    note();
    write("places", [...places]);
  });
  addEventListener("popstate", (event) => (returning = Boolean(event.state?.htmx)));
  document.addEventListener("htmx:historyRestore", arrive);
  document.addEventListener("htmx:historyCacheMissLoadError", () => (returning = false));
  if (["reload", "back_forward"].includes(performance.getEntriesByType("navigation")[0]?.type)) arrive();

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "main" || returning) return;
    const wrong = event.detail.xhr?.status === 422 && document.querySelector("#main [aria-invalid], #main .notice.bad");
    if (wrong) {
      wrong.focus({ preventScroll: true });
      wrong.scrollIntoView({ block: "nearest" });
    } else if (path !== location.pathname && !location.hash) {
      // Another page begins at its top; the same one, filtered or changed, stays where it is.
      scrollTo(0, 0);
    }
    path = location.pathname;
    giveBack();
  });

  // what was typed: kept when the server says that the form has to be sent again, given back to the same person

  const AGE = 3_600_000;

  document.addEventListener("kept", (event) => {
    const form = event.target.closest("form");
    const written = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=search])";
    if (!form?.querySelector(written) || form.querySelector("input[type=password]")) return;
    const named = (name) => document.querySelector(`label[for="${CSS.escape(form.querySelector(`[name="${CSS.escape(name)}"]`)?.id ?? "")}"]`);
    const fields = [...new FormData(form)]
      .filter(([name, value]) => name !== "csrf" && typeof value === "string")
      .map(([name, value]) => [name, value, named(name)?.textContent.trim() ?? ""]);
    write("typed", { who: document.body.dataset.user, at: Date.now(), page: here(), action: form.getAttribute("action"), fields });
  });

  const fill = (form, fields) => {
    const values = new Map();
    for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
    for (const control of form.elements) {
      const known = values.get(control.name);
      if (!control.name || control.name === "csrf" || control.type === "password" || control.type === "file") continue;
      if (control.type === "checkbox" || control.type === "radio") control.checked = Boolean(known?.includes(control.value));
      else if (control.type === "select-multiple") for (const option of control.options) option.selected = Boolean(known?.includes(option.value));
      else if (known?.length && control.type !== "submit") control.value = known.shift();
      control.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };

  const giveBack = () => {
    const typed = read("typed", null);
    const who = document.body.dataset.user;
    if (!typed || !who || (who === typed.who && typed.page !== here() && Date.now() - typed.at < AGE)) return;
    sessionStorage.removeItem("typed");
    if (who !== typed.who || typed.page !== here()) return;
    const names = new Set(typed.fields.map(([name]) => name));
    const form = [...document.querySelectorAll("main form[method=post]")].find((one) =>
      one.getAttribute("action") === typed.action && [...names].every((name) => name in one.elements));
    const said = document.createElement("div");
    said.className = "toast info";
    if (form) {
      fill(form, typed.fields);
      form.closest("[popover]")?.showPopover();
      form.scrollIntoView({ block: "nearest" });
      said.textContent = "What you had typed is back. Look it over and send it again.";
    } else {
      // The form was opened on the page and is closed now: its words are shown, so that none is lost.
      const words = typed.fields.filter(([, value, label]) => value && label).map(([, value, label]) => `${label}: ${value}`);
      if (!words.length) return;
      said.classList.add("warn");
      said.textContent = `What you had typed: ${words.join("; ")}`;
    }
    document.getElementById("toasts")?.append(said);
  };
  giveBack();
})();
