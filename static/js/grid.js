// <form data-grid>: how far the answers are, which questions apply, which critical ones are still to be asked. The server
// decides the same at every save and render; this keeps the page true while somebody answers.
const form = document.querySelector("form[data-grid]");
const RESERVED = ["unknown", "not_asked"];
let controls = new Map(); // by name
let here = null; // the question answered last

function collect() {
  controls = new Map();
  for (const control of form.elements) {
    if (!control.name) continue;
    if (!controls.has(control.name)) controls.set(control.name, []);
    controls.get(control.name).push(control);
  }
}

// What a name would send: chosen radios and boxes, texts that are not empty.
function values(name) {
  return (controls.get(name) ?? [])
    .filter((control) => (["radio", "checkbox"].includes(control.type) ? control.checked : control.value.trim() !== ""))
    .map((control) => control.value);
}

const answers = (id) => values(`a-${id}`);
const written = (id) => answers(id).some((value) => value !== "not_asked") || values(`c-${id}`).length > 0;

// --- conditions: the closed tree of riskassessment/conditions.py ---------------------------------------------
function holds(condition) {
  switch (condition.op) {
    case "is": {
      const given = answers(condition.item);
      return (given.length ? given : ["not_asked"]).some((value) => condition.values.includes(value));
    }
    case "from":
      return answers(condition.item).some((value) => /^-?\d+$/.test(value) && Number(value) >= condition.value);
    case "not":
      return !holds(condition.of);
    case "all":
      return condition.of.every(holds);
    case "any":
      return condition.of.some(holds);
    default:
      return condition.of.filter(holds).length >= condition.count;
  }
}

const conditions = new Map();
function applies(element) {
  if (!element.dataset.when) return true;
  if (!conditions.has(element)) conditions.set(element, JSON.parse(element.dataset.when));
  return holds(conditions.get(element));
}

function showWhatApplies() {
  for (const element of form.querySelectorAll("[data-when], [data-group] > *")) {
    if (element.hasAttribute("data-group")) continue;
    const group = element.closest("[data-group]");
    const on = applies(element) && (!group || applies(group));
    element.toggleAttribute("data-off", !on && !(element.dataset.question && written(element.dataset.question)));
  }
  for (const group of form.querySelectorAll("[data-group]")) {
    const any = [...group.querySelectorAll("[data-question]")].some((question) => !question.hasAttribute("data-off"));
    group.toggleAttribute("data-off", !applies(group) && !any);
  }
}

// --- how far ------------------------------------------------------------------------------------------------
const shown = () => [...form.querySelectorAll("[data-question]:not([data-off])")];

function refresh() {
  showWhatApplies();
  const questions = shown();
  const left = questions.filter((question) => answers(question.dataset.question).length === 0);
  const answered = questions.length - left.length;
  for (const words of form.querySelectorAll("[data-grid-words]")) {
    words.textContent = words.dataset.gridWords.replace("{answered}", answered).replace("{total}", questions.length);
  }
  for (const bar of form.querySelectorAll("[data-grid-progress]")) {
    bar.max = questions.length;
    bar.value = answered;
  }

  const next = form.querySelector("[data-next-unanswered]");
  if (next) {
    next.setAttribute("href", `#${left.length ? after(left).id : "sign"}`);
    next.firstElementChild.textContent = left.length ? next.dataset.wordsNext : next.dataset.wordsSign;
  }

  let asked = 0;
  const critical = [...form.querySelectorAll("[data-critical-left]")];
  for (const line of critical) {
    const question = document.getElementById(line.firstElementChild.hash.slice(1));
    const given = values(line.dataset.criticalLeft).filter((value) => value !== "not_asked");
    line.hidden = given.length > 0 || question.hasAttribute("data-off");
    asked += line.hidden ? 1 : 0;
  }
  const some = critical.length - asked;
  for (const place of form.querySelectorAll("[data-critical-count]")) place.textContent = some;
  for (const place of form.querySelectorAll("[data-critical-some]")) place.hidden = some === 0;
  for (const place of form.querySelectorAll("[data-critical-none]")) place.hidden = some > 0;

  for (const last of form.querySelectorAll("[data-last]")) {
    const confirm = last.querySelector("[data-confirm]");
    if (confirm) confirm.hidden = answers(last.closest("[data-question]").dataset.question).length > 0;
  }
}

// The first of these questions behind the one answered last; the first of all where none is.
function after(questions) {
  const behind = (question) => here.compareDocumentPosition(question) & Node.DOCUMENT_POSITION_FOLLOWING;
  return (here && questions.find(behind)) || questions[0];
}

// --- what excludes what: “unknown”, “none of these”, and a number, a day or other answers ---------------------
function setApart(changed) {
  if (!changed.name?.startsWith("a-") || changed.type === "radio") return;
  const chosen = changed.type === "checkbox" ? changed.checked : changed.value !== "";
  if (!chosen) return;
  for (const other of controls.get(changed.name)) {
    if (other === changed || !(changed.hasAttribute("data-alone") || other.hasAttribute("data-alone"))) continue;
    if (other.type === "checkbox") other.checked = false;
    else other.value = "";
  }
}

// --- the answer of last time --------------------------------------------------------------------------------
function confirm(button) {
  const question = button.closest("[data-question]");
  const parts = JSON.parse(button.closest("[data-last]").dataset.last);
  for (const [name, wanted] of Object.entries(parts)) {
    const answer = name.startsWith("a-");
    for (const control of controls.get(name) ?? []) {
      if (["radio", "checkbox"].includes(control.type)) control.checked = wanted.includes(control.value);
      else if (answer || control.value === "") control.value = wanted.find((value) => !answer || control.tagName === "TEXTAREA" || !RESERVED.includes(value)) ?? "";
    }
  }
  const [first] = (controls.get(`a-${question.dataset.question}`) ?? []).filter((control) => control.checked || !["radio", "checkbox"].includes(control.type));
  first?.focus({ preventScroll: true });
  first?.dispatchEvent(new Event("change", { bubbles: true }));
}

function step(link) {
  const questions = shown();
  const at = questions.indexOf(link.closest("[data-question]"));
  return questions[at + Number(link.dataset.step)]?.id ?? (link.dataset.step === "1" ? "sign" : questions[0].id);
}

// What was wrong at the last signature is no longer said once it is answered; the server judges again.
function settle(question) {
  if (!question || !answers(question.dataset.question).some((value) => value !== "not_asked")) return;
  question.classList.remove("field-invalid");
  question.querySelector(".question-about > [id$=_error]")?.remove();
}

// --- an answer the server could not keep --------------------------------------------------------------------
function complain({ errors = {} }) {
  for (const old of form.querySelectorAll("[data-refusal]")) old.remove();
  for (const [item, messages] of Object.entries(errors)) {
    const question = document.getElementById(`id_a-${item}`);
    if (!question) continue;
    const said = document.createElement("p");
    said.className = "field-error";
    said.dataset.refusal = "";
    said.setAttribute("role", "alert");
    said.textContent = messages.join(" ");
    question.querySelector(".question-about").append(said);
  }
}

if (form) {
  collect();
  form.querySelector("[data-grid-bar]")?.removeAttribute("hidden");
  for (const place of form.querySelectorAll("[data-confirm]")) {
    place.querySelector("label").remove();
    place.querySelector("button").hidden = false;
  }
  form.addEventListener("input", ({ target }) => {
    if (!["radio", "checkbox"].includes(target.type)) setApart(target);
  });
  form.addEventListener("change", ({ target }) => {
    here = target.closest("[data-question]") ?? here;
    setApart(target);
    settle(target.closest("[data-question].field-invalid"));
    refresh();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm] button");
    if (button) confirm(button);
    const link = event.target.closest("[data-step]");
    if (link) link.setAttribute("href", `#${step(link)}`);
    const critical = event.target.closest("[data-critical-left] a");
    if (critical) critical.closest("details").open = false;
  });
  form.addEventListener("focusin", ({ target }) => {
    here = target.closest("[data-question]") ?? here;
  });
  form.addEventListener("autosave", ({ detail }) => complain(detail));
  document.addEventListener("keydown", (event) => {
    const open = form.querySelector(".critical-left[open]");
    if (event.key !== "Escape" || !open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
  window.addEventListener("pageshow", refresh);
  // a choice between two people's answers sets controls without an event
  new MutationObserver(refresh).observe(form, { childList: true });
  refresh();
}
