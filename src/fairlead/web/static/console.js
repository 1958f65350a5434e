// The keyboard, and what htmx leaves to do. Everything works without this file.
"use strict";

(() => {
  const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  let waiting = 0;

  const go = (box) => {
    box?.focus();
    box?.select();
    return Boolean(box);
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k" && go(document.getElementById("search"))) {
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof Element) || typing(event.target)) return;
    if (waiting && Date.now() - waiting < 1500) {
      waiting = 0;
      const link = /^[a-z]$/.test(event.key) && document.querySelector(`#nav a[data-keys="${event.key}"]`);
      if (link) {
        event.preventDefault();
        link.click();
      }
      return;
    }
    if (event.key === "g") {
      waiting = Date.now();
    } else if (event.key === "/") {
      // The box of the list that is shown, if it has one; else the one that searches everything.
      const own = [...document.querySelectorAll("#main input[type=search]")].find((box) => box.checkVisibility());
      if (go(own ?? document.getElementById("search"))) event.preventDefault();
    } else if (event.key === "?") {
      document.getElementById("help")?.togglePopover();
    }
  });

  // A drop-down that hangs on another offers what that one's value allows. When what was chosen is not among it, the one
  // option that is left is chosen, or the first where none cannot be left out; else a person has to choose anew.
  const narrow = (child) => {
    const parent = document.getElementById(child.dataset.parent);
    if (!parent) return;
    const before = child.value;
    const fits = (option) => !option.dataset.under || JSON.parse(option.dataset.under).includes(parent.value);
    const isLost = !child.multiple && child.selectedIndex >= 0 && !fits(child.options[child.selectedIndex]);
    for (const option of child.options) {
      option.hidden = option.disabled = !fits(option);
      if (option.disabled) option.selected = false;
    }
    if (isLost) {
      const left = [...child.options].filter((option) => option.value && !option.disabled);
      const blank = [...child.options].find((option) => !option.value);
      const next = left.length === 1 || child.required || !blank ? left[0] : blank;
      child.value = (next ?? blank)?.value ?? "";
    }
    if (child.value !== before) document.querySelectorAll(`select[data-parent="${CSS.escape(child.id)}"]`).forEach(narrow);
  };
  const narrowAll = () => document.querySelectorAll("select[data-parent]").forEach(narrow);
  document.addEventListener("change", (event) => {
    document.querySelectorAll(`select[data-parent="${CSS.escape(event.target.id)}"]`).forEach(narrow);
    // The box above a column of boxes ticks them all.
    const ticks = event.target.dataset.ticks;
    if (ticks) event.target.form.querySelectorAll(`input[name="${CSS.escape(ticks)}"]`).forEach((box) => (box.checked = event.target.checked));
  });

  const fade = () => {
    for (const toast of document.querySelectorAll(".toast:not(.bad, .warn, .leaving)")) {
      toast.classList.add("leaving");
      setTimeout(() => toast.remove(), 6000);
    }
  };

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest(".toast-end")) event.target.closest(".toast").remove();
    const copied = event.target.closest("[data-copy]");
    if (copied) copy(copied);
  });

  // Copies what the element named by the button holds; where the browser does not let us, it is selected for the person.
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    const text = source.value ?? source.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      source.focus();
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
      if (!document.execCommand("copy")) return;
    }
    const label = button.querySelector("[data-said]") ?? button;
    const before = label.textContent;
    if (before === "Copied") return;
    label.textContent = "Copied";
    setTimeout(() => (label.textContent = before), 2000);
  };

  const settled = () => {
    narrowAll();
    fade();
    document.documentElement.classList.add("scripted");
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    settled();
    if (event.detail.target?.id !== "main") return;
    const toggle = document.getElementById("nav-toggle");
    if (toggle && matchMedia("(max-width: 800px)").matches) toggle.checked = false;
    document.querySelectorAll(":popover-open").forEach((open) => open.hidePopover());
    if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
  });
  // Of two ways to another page the one that was taken last counts, as in a browser alone: the answer to the other would
  // take the place that this one's is to go to.
  let leaving = null;
  document.addEventListener("htmx:beforeSend", (event) => {
    if (event.detail.boosted) leaving = event.detail.xhr;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.boosted && event.detail.xhr !== leaving) event.detail.shouldSwap = false;
  });
  // What keeps itself fresh holds still while nobody sees it, and while somebody is at work in it.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const still = event.target.dataset?.still;
    if (still && (document.hidden || document.querySelector(still))) event.preventDefault();
  });
  // A page that is open stays as it is when asking for news fails.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const told = event.detail.xhr.getResponseHeader("HX-Retarget");
    if (event.detail.requestConfig?.elt?.dataset?.still && event.detail.xhr.status !== 200 && !told) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (event.target.dataset?.still) return;
    const toast = document.createElement("div");
    toast.className = "toast bad";
    toast.textContent = "The server does not answer. What you typed is still here: try again in a moment.";
    document.getElementById("toasts")?.append(toast);
  });
  settled();
})();
