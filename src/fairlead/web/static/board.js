// The board of opportunities: a card is dragged, or carried with the arrows, to another stage. Either way the stage is
// chosen on the card and its own button is pressed, so that what follows is the same as without this file.
"use strict";

(() => {
  let dragged = null; // the card that is being dragged
  let moving = null; // what the server was asked for: the card, its name, the stage, and where it stood before
  const place = document.createElement("li"); // where a card would lie if it was dropped
  place.className = "drop-here";
  place.ariaHidden = "true";

  const within = (target, what) => (target instanceof Element ? target.closest(`#board ${what}`) : null);
  const say = (text) => {
    const said = document.getElementById("board-said");
    if (said) said.textContent = text;
  };
  const nameOf = (card) => card.querySelector("a").textContent;
  const titleOf = (lane) => lane.querySelector("h2").textContent;
  const numbersOf = (lane) => lane.querySelector(".lane-sum").textContent.replace(/\s+/g, " ").trim();
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  // Lets a card glide from where it was seen last to where it is now.
  const glide = (card, from) => {
    const to = card.getBoundingClientRect();
    if (still() || !to.width) return;
    const away = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
    card.animate([{ transform: away }, { transform: "none" }], { duration: 180, easing: "cubic-bezier(0.2, 0, 0, 1)" });
  };

  // Marks the lane over which a card is held, and the place in it where the card would lie.
  const offer = (lane) => {
    document.querySelectorAll("#board .lane").forEach((one) => one.classList.toggle("over", one === lane));
    if (!lane) place.remove();
    else if (place.closest(".lane") !== lane) {
      place.style.height = `${Math.min(dragged.offsetHeight, 96)}px`;
      lane.querySelector(".deals").prepend(place);
    }
  };

  // Chooses the stage of the lane on the card and presses its button; the card goes there at once.
  const move = (card, lane) => {
    const select = card.querySelector("select");
    const stage = lane.dataset.stage;
    if (moving || !select || ![...select.options].some((option) => option.value === stage)) return;
    const home = { list: card.parentElement, next: card.nextElementSibling };
    const from = card.getBoundingClientRect();
    select.value = stage;
    lane.querySelector(".deals").prepend(card);
    glide(card, from);
    card.querySelector("button").click();
    if (moving) moving.home = home;
  };

  document.addEventListener("submit", (event) => {
    const card = within(event.submitter, ".deal");
    if (!card) return;
    card.classList.add("moving");
    moving = { card, id: card.dataset.id, name: nameOf(card), stage: card.querySelector("select").value, home: null };
  }, true);

  document.addEventListener("htmx:afterRequest", (event) => {
    const { status } = event.detail.xhr;
    if (event.detail.elt.id !== "board" || !moving || (status >= 200 && status < 400)) return;
    const { card, name, home } = moving;
    const from = card.getBoundingClientRect();
    moving = null;
    card.classList.remove("moving");
    card.querySelector("select").value = "";
    if (home) home.list.insertBefore(card, home.next);
    glide(card, from);
    card.querySelector("a").focus();
    say(`${name} was not moved.`);
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (!moving || moving.card.isConnected) return;
    const { id, name, stage } = moving;
    moving = null;
    if (!document.getElementById("board")) return;
    const card = document.querySelector(`#board .deal[data-id="${CSS.escape(id)}"]`);
    const lane = document.querySelector(`#board .lane[data-stage="${CSS.escape(stage)}"]`);
    card?.classList.add("arrived");
    (card?.querySelector("a") ?? lane?.querySelector("h2"))?.focus();
    const how = lane ? numbersOf(lane) : "";
    say(card ? `${name} moved to ${stage}: ${how}.` : `${name} moved to ${stage}. It is not among the cards that are shown.`);
  });

  // A stage that is picked with the pointer is meant; with the keyboard one passes others on the way, and presses the button.
  let pointed = false;
  document.addEventListener("pointerdown", (event) => (pointed = Boolean(within(event.target, "select"))), true);
  document.addEventListener("change", (event) => {
    const card = within(event.target, ".deal");
    if (card && pointed && event.target.value && !moving) card.querySelector("button").click();
  });

  document.addEventListener("dragstart", (event) => {
    const card = within(event.target, ".deal");
    if (!card) return;
    if (moving) {
      event.preventDefault();
      return;
    }
    dragged = card;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", nameOf(card));
    // Only then: what the pointer carries is a picture of the card as it is now.
    requestAnimationFrame(() => {
      dragged?.classList.add("dragged");
      dragged?.closest(".board").classList.add("dragging");
    });
  });
  document.addEventListener("dragover", (event) => {
    if (!dragged) return;
    const lane = within(event.target, ".lane[data-stage]");
    offer(lane && !lane.contains(dragged) ? lane : null);
    if (!lane) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  });
  document.addEventListener("drop", (event) => {
    const lane = dragged && within(event.target, ".lane[data-stage]");
    if (!lane) return;
    event.preventDefault();
    const card = dragged;
    ended();
    if (!lane.contains(card)) move(card, lane);
  });
  const ended = () => {
    document.querySelector(".board.dragging")?.classList.remove("dragging");
    dragged?.classList.remove("dragged");
    offer(null);
    dragged = null;
  };
  document.addEventListener("dragend", ended);

  const nearest = (cards, card) => {
    const at = card.getBoundingClientRect().top;
    const away = (one) => Math.abs(one.getBoundingClientRect().top - at);
    return [...cards].sort((one, other) => away(one) - away(other))[0];
  };
  document.addEventListener("keydown", (event) => {
    pointed = false;
    const card = within(event.target, ".deal");
    if (!card || event.target.closest("select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!way || (event.shiftKey && !/Left|Right/.test(event.key))) return;
    event.preventDefault();
    const lanes = [...document.querySelectorAll("#board .lane")];
    const here = lanes.indexOf(card.closest(".lane"));
    let next = null;
    if (/Up|Down/.test(event.key)) {
      next = way < 0 ? card.previousElementSibling : card.nextElementSibling;
    } else if (event.shiftKey) {
      const lane = lanes[here + way];
      if (lane?.dataset.stage) move(card, lane);
      else say(`${nameOf(card)} cannot go further: ${titleOf(lanes[here])} is the ${way < 0 ? "first" : "last"} stage.`);
    } else {
      for (let at = here + way; lanes[at] && !next; at += way) next = nearest(lanes[at].querySelectorAll(".deal"), card);
    }
    next?.querySelector("a").focus();
  });
})();
