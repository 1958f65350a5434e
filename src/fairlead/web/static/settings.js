// Forms of the settings. Everything works without this file.
"use strict";

(() => {
  // The zone of the browser is proposed where none was chosen yet, and with it its country.
  for (const select of document.querySelectorAll("select[data-proposes]")) {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const name = JSON.parse(select.dataset.former)[here] ?? here;
    const option = [...select.options].find((one) => one.value === name);
    const country = document.getElementById(select.dataset.proposes);
    if (!option) continue;
    select.value = name;
    if ([...country.options].some((one) => one.value === option.dataset.country)) country.value = option.dataset.country;
  }

  // Parts of a form that are about some choices only are there while one of those is chosen.
  const fit = (form) => {
    const chosen = form.elements[form.dataset.shows]?.value;
    for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(chosen);
  };
  const fitAll = () => document.querySelectorAll("form[data-shows]").forEach(fit);
  document.addEventListener("change", (event) => {
    if (event.target instanceof Element && event.target.form?.dataset.shows === event.target.name) fit(event.target.form);
  });

  // What is shown once is copied with a click; without the browser's clipboard it is marked, to be copied by hand.
  const offer = () => document.querySelectorAll("button[data-copy]").forEach((button) => (button.hidden = false));
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element && event.target.closest("button[data-copy]");
    const source = button && document.getElementById(button.dataset.copy);
    if (!source) return;
    const said = button.querySelector("span");
    try {
      await navigator.clipboard.writeText(source.textContent);
      said.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      said.textContent = "Marked";
    }
    setTimeout(() => (said.textContent = "Copy"), 3000);
  });

  const settled = () => {
    fitAll();
    offer();
  };
  document.addEventListener("htmx:afterSettle", settled);
  settled();
})();
