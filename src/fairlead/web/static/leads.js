// The screens of leads: how many are chosen, choosing among many fields, their order. Everything works without this file.
"use strict";

(() => {
  const each = (root, what, act) => root.querySelectorAll(what).forEach(act);

  // How many leads are ticked, in the bar above the list and in the question before they are deleted.
  const count = () => {
    const form = document.getElementById("several");
    const said = form?.querySelector("[data-picked]");
    if (!said) return;
    const boxes = [...form.querySelectorAll("input[name=id]")];
    const ticked = boxes.filter((box) => box.checked).length;
    const every = form.querySelector("input[name=every]");
    const all = ticked > 0 && ticked === boxes.length;
    if (every) {
      every.closest("label").classList.toggle("offered", all);
      every.checked = every.checked && all;
    }
    const many = every?.checked ? Number(every.value) : ticked;
    const text = `${many.toLocaleString("en")} selected`;
    if (said.textContent !== text) said.textContent = text;
    const head = form.querySelector("[data-ticks=id]");
    if (head) {
      head.checked = all;
      head.indeterminate = ticked > 0 && !all;
    }
    const asking = document.getElementById("delete-leads-title");
    if (asking) asking.textContent = many === 1 ? "Delete 1 lead?" : `Delete ${many.toLocaleString("en")} leads?`;
  };
  document.addEventListener("change", (event) => event.target.closest("#several") && count());
  document.addEventListener("reset", (event) => event.target.matches("#several") && setTimeout(count));

  // Boxes in groups: all or none of one, and only those with the words that are typed.
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-tick]");
    if (!button) return;
    each(button.closest(".choosing-group, form"), "label:not([hidden]) input[type=checkbox]", (box) => (box.checked = button.dataset.tick === "all"));
  });
  document.addEventListener("input", (event) => {
    const groups = document.getElementById(event.target.dataset?.narrows);
    if (!groups) return;
    const words = event.target.value.toLowerCase().split(/\s+/);
    each(groups, ".choosing-group", (group) => {
      each(group, "label", (label) => (label.hidden = !words.every((word) => label.textContent.toLowerCase().includes(word))));
      group.hidden = !group.querySelector("label:not([hidden])");
    });
    groups.querySelector(".choosing-none").hidden = Boolean(groups.querySelector(".choosing-group:not([hidden])"));
  });
  document.addEventListener("keydown", (event) => {
    // Searching among the columns chooses none yet.
    if (event.key === "Enter" && event.target.dataset?.narrows) event.preventDefault();
  });

  // The order of the columns: an entry changes places with its neighbour, and all are numbered anew.
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-move]");
    const entry = button?.closest("li");
    const other = Number(button?.dataset.move) < 0 ? entry?.previousElementSibling : entry?.nextElementSibling;
    if (!other) return;
    if (other === entry.previousElementSibling) other.before(entry);
    else other.after(entry);
    [...entry.parentElement.children].forEach((one, at) => (one.querySelector("input[type=number]").value = at + 1));
    button.focus();
  });

  // One field of a lead where it stands: Enter saves, Escape leaves it as it was. A choice that is made with the pointer is
  // meant; with the keyboard one passes others on the way to it.
  let pointed = null; // the drop-down that the pointer was at last
  document.addEventListener("pointerdown", (event) => (pointed = event.target), true);
  document.addEventListener("keydown", (event) => {
    pointed = null;
    const form = event.target instanceof Element && event.target.closest("[data-in-place]");
    if (!form || event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      form.querySelector("[data-cancel]").click();
    } else if (event.key === "Enter" && event.target.matches("select, textarea") && (event.target.matches("select:not([multiple])") || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  }, true);
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-in-place] select:not([multiple]), [data-saves] select")) return;
    const { form } = event.target;
    if (pointed !== event.target) form.classList.add("changed");
    else if (!form.matches("[data-in-place]:has(.set)")) form.requestSubmit();
  });
  // What was swapped takes the focus that its predecessor had.
  document.addEventListener("htmx:afterSettle", (event) => {
    const line = document.getElementById(event.detail.target?.id ?? "");
    if (!line?.matches(".line")) return;
    const control = line.querySelector(".line-form input:not([type=hidden]), .line-form textarea");
    if (control && control === document.activeElement) control.select?.();
    if (document.activeElement === document.body) line.querySelector(".value, select")?.focus();
  });

  // On a phone an address names a part of the lead. What is loaded anew is looked at there again.
  const again = () => {
    if (location.hash.length > 1 && !document.querySelector(":target") && document.getElementById(location.hash.slice(1))) location.replace(location.hash);
  };

  // A control of the filters that is made anew keeps the focus; where it is gone, the next condition has it.
  let asking = "";
  document.addEventListener("focusin", (event) => (asking = event.target.closest("#condition") ? event.target.id : ""));
  const refocus = () => {
    if (asking && document.activeElement === document.body) (document.getElementById(asking) ?? document.getElementById("by-field"))?.focus();
  };

  const settled = () => {
    count();
    refocus();
    again();
  };
  document.addEventListener("htmx:afterSettle", settled);
  document.addEventListener("htmx:historyRestore", settled);
  window.addEventListener("pageshow", settled);
  settled();
})();
