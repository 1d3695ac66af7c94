// Wordings proposed while writing, under every <textarea data-hints>. Words come from components/drafting.html; the list
// is fetched when a field is entered for the first time, and the text itself stays on the device (wordings.js looks).
// Nothing here keeps a form from being sent.
import { send } from "./session.js";
import { find, prepare } from "./wordings.js";

const frame = document.querySelector("template[data-drafting]");
const itemFrame = document.querySelector("template[data-drafting-item]");
const DELAY = 600;
const MOST = 5; // shown under one field; the next come as these are settled
const fields = new Map(); // textarea → {box, left, shown, timer}
let on = frame !== null && "on" in frame.dataset;
let list = null;

// The list, fetched once; null where it cannot be had: writing goes on without it.
function load() {
  list ??= fetch(frame.dataset.url, { headers: { Accept: "application/json", "X-Requested-With": "fetch" } })
    .then((response) => (response.ok ? response.json() : null))
    .then((found) => found && { language: found.language, ...prepare(found.hints) })
    .catch(() => null);
  return list;
}

function quoted(words) {
  const french = document.documentElement.lang.startsWith("fr");
  return french ? `«\u00a0${words}\u00a0»` : `“${words}”`;
}

function stateOf(area) {
  if (!fields.has(area)) fields.set(area, { box: null, left: new Set(), shown: "", timer: 0 });
  return fields.get(area);
}

function plan(area, delay) {
  if (!on || area.readOnly || area.disabled) return;
  const state = stateOf(area);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => check(area), delay);
}

async function check(area) {
  const wordings = await load();
  if (!on || !wordings) return;
  const state = stateOf(area);
  const first = new Map();
  for (const match of find(area.value, wordings)) {
    if (!state.left.has(match.wording) && !first.has(match.wording)) first.set(match.wording, match);
  }
  const shown = [...first.keys()].join("\n");
  if (shown === state.shown) return; // said once: a screen reader is not told at every key
  state.shown = shown;
  show(area, [...first.values()], wordings);
}

function show(area, matches, wordings) {
  const state = stateOf(area);
  if (!matches.length) {
    state.box?.remove();
    state.box = null;
    return;
  }
  if (!state.box) {
    state.box = frame.content.firstElementChild.cloneNode(true);
    state.box.querySelector("[data-hints-off]").addEventListener("click", () => turnOff(area));
    area.after(state.box);
  }
  const items = matches.slice(0, MOST).map((match) => item(area, match, wordings));
  state.box.querySelector("[data-hints-list]").replaceChildren(...items);
  const count = state.box.querySelector("[role=status]");
  const words = matches.slice(0, MOST).map((match) => quoted(match.text)).join(", ");
  const more = matches.length > MOST ? "…" : "";
  const said = (matches.length === 1 ? count.dataset.one : count.dataset.many)
    .replace("{count}", String(matches.length))
    .replace("{words}", () => words + more);
  setTimeout(() => on && (count.textContent = said), 100); // a screen reader says what changes in a line it has met
}

function item(area, { wording, text, hint }, wordings) {
  const li = itemFrame.content.firstElementChild.cloneNode(true);
  const found = li.querySelector("[data-found]");
  const why = li.querySelector("[data-why]");
  const prefer = li.querySelector("[data-prefer]");
  for (const part of [found, why, prefer]) part.lang = wordings.language;
  found.textContent = quoted(text);
  why.textContent = hint.why;
  prefer.textContent = hint.prefer;
  const replacing = li.querySelector("[data-replace]");
  if (hint.alone) {
    replacing.hidden = false;
    replacing.textContent = replacing.dataset.label.replace("{words}", () => hint.prefer);
    replacing.addEventListener("click", () => replace(area, wording, wordings));
  }
  const leaving = li.querySelector("[data-leave]");
  leaving.querySelector("[data-which]").textContent = ` ${quoted(text)}`;
  leaving.addEventListener("click", () => {
    stateOf(area).left.add(wording);
    area.focus();
    check(area);
  });
  return li;
}

// Puts the proposal where the wording stands first now; the rest of the text stays, and can be undone.
function replace(area, wording, wordings) {
  const match = find(area.value, wordings).find((each) => each.wording === wording);
  if (match) {
    const { prefer } = match.hint;
    const capital = match.text[0] !== match.text[0].toLowerCase();
    const words = capital ? prefer[0].toUpperCase() + prefer.slice(1) : prefer;
    area.focus();
    area.setSelectionRange(match.start, match.end);
    // execCommand keeps "undo" and tells the form; where there is none, the text is set and the form told
    if (!document.execCommand?.("insertText", false, words)) {
      area.setRangeText(words, match.start, match.end, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  check(area);
}

// --- off, and on again ---------------------------------------------------------------------------------------
function keep(value) {
  on = value;
  for (const button of document.querySelectorAll("[data-drafting-switch] button")) {
    button.hidden = (button.value === "1") === value;
  }
  const body = new FormData();
  body.set("on", value ? "1" : "0");
  return send(frame.dataset.switch, { body, keepalive: true }).catch(() => null);
}

function turnOff(area) {
  keep(false);
  for (const [each, state] of fields) {
    clearTimeout(state.timer);
    if (each === area) continue;
    state.box?.remove();
  }
  const { box } = stateOf(area);
  fields.clear();
  if (!box) return;
  box.querySelector("[data-hints-list]").remove();
  box.querySelector(".hints-foot").remove();
  const said = box.querySelector("[role=status]");
  said.textContent = said.dataset.ended;
  area.focus();
}

function turnOn() {
  keep(true);
  for (const box of document.querySelectorAll(".hints")) box.remove();
  fields.clear();
  for (const area of document.querySelectorAll("textarea[data-hints]")) if (area.value) plan(area, 0);
}

if (frame) {
  const areaOf = (event) => event.target.closest?.("textarea[data-hints]");
  document.addEventListener("input", (event) => areaOf(event) && plan(areaOf(event), DELAY));
  document.addEventListener("focusin", (event) => areaOf(event)?.value && plan(areaOf(event), DELAY));
  // from the account menu: without leaving the page, where something may be written
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-drafting-switch]")) return;
    event.preventDefault();
    const menu = event.target.closest("details");
    menu.open = false;
    menu.querySelector("summary").focus();
    if (event.submitter?.value === "1") turnOn();
    else turnOff(document.activeElement);
  });
}
