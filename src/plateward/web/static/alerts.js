// What scripts add to the alerts page: new alerts by themselves, a sound after a gesture, keys, and decisions without a reload.
const one = (selector, root = document) => root.querySelector(selector);
const list = one("#alerts");
const state = one("#alert-state");
const button = one("[data-alert-sound]");
const title = document.title;
const open = (item) => ["new", "seen"].includes(item.dataset.state);
const onShelf = (item) => ({
  open: open(item) && !item.classList.contains("late"), decided: !open(item), late: item.classList.contains("late"), all: true,
})[list.dataset.shelf];

// Sound: browsers allow it only after a gesture; it is two short tones, with nothing to download.
let audio = null;
let sound = false;

function tone(at, pitch) {
  const wave = audio.createOscillator();
  const volume = audio.createGain();
  wave.frequency.value = pitch;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.4, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.28);
  wave.connect(volume).connect(audio.destination);
  wave.start(at);
  wave.stop(at + 0.3);
}

function play() {
  list.dataset.played = String(Number(list.dataset.played || 0) + 1);
  if (!audio) return;
  tone(audio.currentTime, 880);
  tone(audio.currentTime + 0.22, 1320);
}

function setSound(on) {
  sound = on;
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? "Sound is on" : "Turn sound on";
}

button?.addEventListener("click", async () => {
  audio ??= new AudioContext();
  await audio.resume();
  setSound(!sound);
  if (sound) play();
});
if (list?.hasAttribute("data-mute")) button?.remove();

// One alert is in front of you: keys and, on a phone, the buttons at the bottom are its.
const items = () => [...list.children];

function choose(item, focus = false) {
  items().forEach((other) => other.classList.toggle("at", other === item));
  if (item && focus) {
    one(".row-link", item)?.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  }
}

function chosen() {
  return items().find((item) => item.contains(document.activeElement)) ?? one(".at", list) ?? items()[0];
}

function count() {
  const waiting = items().filter((item) => item.dataset.state === "new" && !item.classList.contains("late")).length;
  document.title = waiting ? `(${waiting}) ${title}` : title;
  one("#no-alerts").hidden = items().length > 0;
  if (!one(".at", list)) choose(items().find(open));
}

// An event brings one alert's card: it takes the place of the old one, or comes on top.
const sounded = new Set(items().map((item) => item.dataset.alert));

function arrive(html) {
  const fresh = new DOMParser().parseFromString(`<ol>${html}</ol>`, "text/html").querySelector("li");
  if (!fresh) return;
  const old = document.getElementById(fresh.id);
  if (old && Number(old.dataset.change) >= Number(fresh.dataset.change)) return;
  const was = old?.classList.contains("at");
  const focused = old?.contains(document.activeElement);
  if (!onShelf(fresh)) {
    const next = old?.nextElementSibling ?? old?.previousElementSibling;
    old?.remove();
    if (was) choose(next, focused);
  } else if (old) {
    old.replaceWith(fresh);
    if (was) choose(fresh, focused);
  } else {
    fresh.classList.add("fresh");
    list.prepend(fresh);
  }
  if (fresh.hasAttribute("data-sounds") && !sounded.has(fresh.dataset.alert)) {
    sounded.add(fresh.dataset.alert);
    say(`New alert: ${one("h2 .plate", fresh)?.textContent ?? ""}`);
    document.body.classList.add("alarm");
    setTimeout(() => document.body.classList.remove("alarm"), 1500);
    if (sound) play();
  }
  count();
}

const say = (text) => { state.textContent = text; };

function connect() {
  const source = new EventSource(`/alerts/stream?after=${list.dataset.head}`);
  source.addEventListener("open", () => say("Live"));
  source.addEventListener("error", () => say("The connection broke; trying again …"));
  source.addEventListener("alert", (event) => {
    if (event.lastEventId) list.dataset.head = event.lastEventId;
    arrive(event.data);
  });
  source.addEventListener("over", () => {
    source.close();
    say("The feed has ended. Reload to open it again.");
  });
}

// Decide without leaving the page; the stream brings the card as it stands then.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-decide]")) return;
  event.preventDefault();
  const buttons = [...form.querySelectorAll("button")];
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const item = form.closest("[data-alert]");
  const following = item.nextElementSibling ?? item.previousElementSibling;
  buttons.forEach((each) => { each.disabled = true; });
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    if (answer.type !== "opaqueredirect" && !answer.ok) throw new Error(String(answer.status));
    say(`${event.submitter.firstChild.textContent.trim()}: written down`);
    if (item.classList.contains("at") && following) choose(following, true);
  } catch {
    buttons.forEach((each) => { each.disabled = false; });
    say("That was not written down. Try again, or open the alert.");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest?.("input, select, textarea") || one("dialog[open]")) return;
  const item = chosen();
  if (!item) return;
  if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    const marked = one(".at", list);
    const next = event.key === "j" ? item.nextElementSibling : item.previousElementSibling;
    choose(item.contains(document.activeElement) || marked !== item ? next ?? item : item, true);
    return;
  }
  const deed = one(`[data-key="${CSS.escape(event.key)}"]`, item);
  if (!deed || deed.disabled) return;
  event.preventDefault();
  choose(item);
  deed.click();
});

list?.addEventListener("focusin", (event) => choose(event.target.closest("[data-alert]")));
list?.addEventListener("click", (event) => choose(event.target.closest("[data-alert]")));
if (list) {
  count();
  connect();
}
