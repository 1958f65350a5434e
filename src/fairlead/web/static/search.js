// The search of the frame while somebody types: the arrows choose among what is found, Enter opens it. Without this file
// Enter leads to the page of all that is found.
"use strict";

(() => {
  const box = document.getElementById("search");
  const list = document.getElementById("found");
  if (!box || !list) return;
  const asks = {
    "hx-get": `${box.form.getAttribute("action")}/found`,
    "hx-trigger": "input changed delay:120ms, again",
    "hx-target": "#found",
    "hx-swap": "innerHTML",
    "hx-sync": "this:replace",
    "hx-push-url": "false",
  };
  for (const [name, value] of Object.entries(asks)) box.setAttribute(name, value);
  htmx.process(box);
  let at = -1; // which of the options is chosen
  let path = location.pathname;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const choose = (place) => {
    at = place;
    options().forEach((option, n) => option.setAttribute("aria-selected", n === at));
    const chosen = options()[at];
    if (chosen) box.setAttribute("aria-activedescendant", chosen.id);
    else box.removeAttribute("aria-activedescendant");
    chosen?.scrollIntoView({ block: "nearest" });
  };
  const show = (is) => {
    list.hidden = !is;
    box.setAttribute("aria-expanded", is);
    choose(-1);
  };

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === list) show(options().length > 0 && document.activeElement === box);
  });
  box.addEventListener("focus", () => {
    if (!box.value.trim()) return;
    if (options().length) show(true);
    else htmx.trigger(box, "again");
  });
  box.addEventListener("keydown", (event) => {
    const many = options().length;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && many) {
      event.preventDefault();
      if (list.hidden) show(true);
      const next = event.key === "ArrowDown" ? at + 1 : at - 1;
      choose(next >= many ? -1 : next < -1 ? many - 1 : next);
    } else if (event.key === "Enter" && !list.hidden && options()[at]) {
      event.preventDefault();
      options()[at].click();
    }
  });
  box.form.addEventListener("submit", () => {
    show(false);
    box.blur();
  });
  box.form.addEventListener("focusout", (event) => {
    if (!box.form.contains(event.relatedTarget)) show(false);
  });
  document.addEventListener("pointerdown", (event) => {
    if (!box.form.contains(event.target)) show(false);
  });
  // The words are those of this search only: on another page the box is empty again.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "main" || path === location.pathname) return;
    path = location.pathname;
    show(false);
    if (path === box.form.getAttribute("action")) return;
    box.value = "";
    list.replaceChildren();
  });
})();
