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

  // A control of the filters that is made anew keeps the focus; where it is gone, the next condition has it.
  let asking = "";
  document.addEventListener("focusin", (event) => (asking = event.target.closest("#condition") ? event.target.id : ""));
  const refocus = () => {
    if (asking && document.activeElement === document.body) (document.getElementById(asking) ?? document.getElementById("by-field"))?.focus();
  };

  const settled = () => {
    count();
    refocus();
  };
  document.addEventListener("htmx:afterSettle", settled);
  window.addEventListener("pageshow", settled);
  settled();
})();
