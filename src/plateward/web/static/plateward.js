// What scripts add to pages that work without them: keys, a theme switch that keeps the page, and the live feed's pause.
document.documentElement.classList.add("scripts");

const one = (selector, root = document) => root.querySelector(selector);
const typing = (target) => target.closest?.("input, select, textarea, [contenteditable]") !== null;

// Keys: / searches, j and k walk the rows of a table, ? shows the keys.
let at = -1;

function rows() {
  return [...document.querySelectorAll("[data-rows] tbody tr")];
}

function walk(step) {
  const every = rows();
  if (every.length === 0) return;
  const focused = every.findIndex((row) => row.contains(document.activeElement));
  at = Math.min(every.length - 1, Math.max(0, (focused >= 0 ? focused : at) + step));
  every.forEach((row, index) => row.classList.toggle("at", index === at));
  const link = one(".row-link, a, button", every[at]);
  if (link) {
    link.focus({ preventScroll: true });
  } else {
    every[at].tabIndex = -1;
    every[at].focus({ preventScroll: true });
  }
  every[at].scrollIntoView({ block: "nearest" });
}

function searchHere() {
  const field = one("[data-search]");
  if (field) {
    field.focus();
    field.select();
  } else if (one('.menu a[href="/search"]')) {
    window.location.assign("/search");
  }
}

const keys = { "/": searchHere, "?": () => one("#keys")?.showModal(), j: () => walk(1), k: () => walk(-1) };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(event.target) || one("dialog[open]")) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// Light, dark, or as the device is set: without leaving what the page shows.
const themes = ["auto", "light", "dark"];
const names = { auto: "Auto", light: "Light", dark: "Dark" };

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.matches("[data-theme-toggle]")) return;
  event.preventDefault();
  const chosen = button.value;
  const next = themes[(themes.indexOf(chosen) + 1) % themes.length];
  fetch("/look", { method: "POST", body: new URLSearchParams(new FormData(event.target, button)), redirect: "manual" });
  document.documentElement.dataset.theme = chosen;
  button.value = next;
  one(".look-now", button).textContent = names[chosen];
  one(".hidden", button).textContent = ` colours. Change to ${next}`;
});

// A form that takes its time says so, and is sent once.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !event.target.matches("[data-slow]")) return;
  const said = one("[data-slow-words]", event.target);
  if (said) said.textContent = said.dataset.slowWords;
  setTimeout(() => event.target.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-slow] button").forEach((button) => { button.disabled = false; });
  document.querySelectorAll("[data-slow-words]").forEach((said) => { said.textContent = ""; });
});

// After an answer arrives, a person who listens to the page is taken to what changed.
document.addEventListener("htmx:after:swap", () => {
  at = -1;
  one("#errors")?.focus();
});

// The live feed: pause keeps what comes, and shows it when the feed goes on.
const feed = one("[data-live-rows]");
if (feed) {
  const state = one("#live-state");
  const pause = one("[data-live-pause]");
  const most = Number(feed.dataset.liveRows);
  let kept = [];
  let paused = false;

  const say = (text) => { state.textContent = text; };
  const trim = () => [...feed.rows].slice(most).forEach((row) => row.remove());

  document.addEventListener("htmx:sse:after:connection", () => say("Live"));
  document.addEventListener("htmx:sse:error", () => say("The connection broke; trying again …"));
  document.addEventListener("htmx:sse:close", () => say("The feed has ended. Reload to open it again."));
  document.addEventListener("htmx:sse:before:message", (event) => {
    if (!paused || event.detail.message.event) return;
    event.preventDefault();
    kept = [event.detail.message.data, ...kept].slice(0, most);
    say("Paused; new reads are waiting");
  });
  document.addEventListener("htmx:sse:after:message", trim);

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    say(paused ? "Paused" : "Live");
    if (!paused) {
      [...kept].reverse().forEach((html) => feed.insertAdjacentHTML("afterbegin", html));
      kept = [];
      trim();
    }
  });
}
