// <form data-once>: the second click sends nothing. The server keeps its own guard; this one spares the wait.
const sent = new WeakSet();

function buttons(form) {
  return [...form.elements].filter((control) => control.type === "submit");
}

function release(form) {
  sent.delete(form);
  for (const button of buttons(form)) {
    button.classList.remove("is-busy");
    button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]") || event.defaultPrevented) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  // aria-disabled, not disabled: the button pressed must travel with the form, and the focus stays on it.
  for (const button of buttons(form)) button.setAttribute("aria-disabled", "true");
  event.submitter?.classList.add("is-busy");
});
// Back button: the page returns as it was left.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-once]").forEach(release);
});
