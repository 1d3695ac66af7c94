// <form data-autosave-url> with a hidden field `version`: sent one second after a change, by POST, as a form.
//
// The server answers in JSON:
//   200 {saved_at: ISO moment, version}
//   400 when an answer needs correcting (nothing saved; said in the status line)
//   409 {version, conflicts: [{field, label, theirs, yours}]} when somebody else saved in between; `label` may be left
//       out, `theirs` is the raw value (text, true/false, or a list); `version` is the one now stored.
//   403 or 404 when this form may no longer be written to
// The form hears of every answer: an event "autosave" whose `detail` is what the server said.
// What could not be sent stays on the page and is tried again. Words come from components/autosave.html.
import { send } from "./session.js";

const DELAY = 1000;
const RETRY = 10000;

function start(form) {
  const status = form.querySelector("[data-autosave-status]");
  const version = form.elements.namedItem("version");
  let timer = 0;
  let running = null;
  let dirty = false;
  let leaving = false;

  const say = (state, values = {}) => {
    status.dataset.state = state;
    status.textContent = (status.dataset[state] ?? "").replace("{time}", values.time ?? "");
  };
  const plan = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  };

  function save(keepalive = false) {
    clearTimeout(timer);
    if (form.querySelector("[data-conflict-item]")) return running;
    running ??= attempt(keepalive === true).finally(() => {
      running = null;
      const { state } = status.dataset;
      if (dirty && !["refused", "closed"].includes(state)) plan(state === "failed" ? RETRY : DELAY);
    });
    return running;
  }

  async function attempt(keepalive) {
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    dirty = false;
    say("saving");
    let response;
    let answer = {};
    try {
      response = await send(form.dataset.autosaveUrl, { body, keepalive });
      answer = await response.json();
    } catch {
      dirty = true;
      say("failed");
      return;
    }
    form.dispatchEvent(new CustomEvent("autosave", { detail: answer }));
    if (response.ok) {
      version.value = answer.version;
      const time = new Date(answer.saved_at).toLocaleTimeString(document.documentElement.lang, {
        hour: "2-digit",
        minute: "2-digit",
        timeZone: "Europe/Brussels",
      });
      say("saved", { time: document.documentElement.lang === "fr" ? time.replace(/^0?(\d+):/, "$1 h ") : time });
    } else if (response.status === 409) {
      dirty = true;
      say("conflict");
      showConflicts(answer);
    } else {
      dirty = true;
      say(response.status >= 500 ? "failed" : response.status === 400 ? "refused" : "closed");
    }
  }

  function showConflicts({ conflicts, version: stored }) {
    const panel = form.querySelector("[data-autosave-conflict]").content.cloneNode(true).firstElementChild;
    const list = panel.querySelector("[data-conflict-list]");
    for (const conflict of conflicts) {
      const item = form.querySelector("[data-autosave-conflict-item]").content.cloneNode(true).firstElementChild;
      item.querySelector("[data-label]").textContent = conflict.label || labelOf(form, conflict.field);
      item.querySelector("[data-yours]").textContent = shown(form, conflict.field, conflict.yours) || status.dataset.empty;
      item.querySelector("[data-theirs]").textContent = shown(form, conflict.field, conflict.theirs) || status.dataset.empty;
      item.addEventListener("click", ({ target }) => {
        const keep = target.closest("[data-keep]")?.dataset.keep;
        if (!keep) return;
        if (keep === "theirs") setValue(form, conflict.field, conflict.theirs);
        item.remove();
        const next = list.querySelector("[data-keep]");
        if (next) {
          next.focus();
          return;
        }
        panel.remove();
        version.value = stored;
        first(form, conflict.field)?.focus();
        save();
      });
      list.append(item);
    }
    form.prepend(panel);
    panel.focus();
    panel.scrollIntoView({ block: "start" });
  }

  const changed = ({ target }) => {
    if (!target.name || target.type === "file") return;
    dirty = true;
    if (status.dataset.state === "refused") say("saving");
    plan(DELAY);
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    clearTimeout(timer);
    if (running) {
      // The version on the page is about to change: wait for it, then send.
      event.preventDefault();
      const { submitter } = event;
      await running;
      clearTimeout(timer);
      form.requestSubmit(submitter ?? undefined);
      return;
    }
    leaving = true;
  });
  window.addEventListener("online", () => dirty && save());
  // Not while the form itself is on its way: a save beside it would make the answer's version an old one.
  document.addEventListener("visibilitychange", () => document.hidden && dirty && !running && !leaving && save(true));
  window.addEventListener("beforeunload", (event) => {
    if (dirty && !leaving) event.preventDefault();
  });
  window.addEventListener("pageshow", () => (leaving = false));
  if (document.querySelector("[data-error-summary]")) {
    // A refused form came back with what was typed: the draft does not have it yet.
    dirty = true;
    plan(DELAY);
  }
}

function controls(form, name) {
  return [...form.elements].filter((control) => control.name === name);
}

function first(form, name) {
  const found = controls(form, name);
  return found.find((control) => control.checked) ?? found[0];
}

function labelOf(form, name) {
  const control = first(form, name);
  const legend = control?.closest("fieldset.field")?.querySelector("legend");
  const label = legend ?? control?.labels?.[0];
  return label ? label.firstChild.textContent.trim() : name;
}

function texts(value) {
  if (value === null || value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

// A raw value in the words of the page: the label of its option, radio or box when it has one.
function shown(form, name, value) {
  const options = controls(form, name).flatMap((control) => {
    if (control.options) return [...control.options].map((option) => [option.value, option.text]);
    if (control.type === "radio" || control.type === "checkbox") return [[control.value, control.labels[0]?.textContent.trim()]];
    return [];
  });
  const words = new Map(options);
  return texts(value).map((text) => words.get(text) ?? text).join(", ");
}

function setValue(form, name, value) {
  const wanted = texts(value);
  for (const control of controls(form, name)) {
    if (control.type === "radio") control.checked = wanted.includes(control.value);
    else if (control.type === "checkbox") control.checked = value === true || wanted.includes(control.value);
    else if (control.multiple && control.options) for (const option of control.options) option.selected = wanted.includes(option.value);
    else control.value = wanted[0] ?? "";
  }
}

document.querySelectorAll("form[data-autosave-url]").forEach(start);
