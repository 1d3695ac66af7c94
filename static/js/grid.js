// <form data-grid>: how far the answers are, and which critical questions are still to be asked. The server counts the
// same; this keeps the numbers true while somebody answers.
const form = document.querySelector("form[data-grid]");

function refresh() {
  const names = new Set([...form.querySelectorAll("[data-question] input[type=radio]")].map((radio) => radio.name));
  const value = (name) => form.querySelector(`input[name="${CSS.escape(name)}"]:checked`)?.value ?? "";
  const answered = [...names].filter((name) => value(name)).length;
  const words = form.querySelector("[data-grid-words]");
  words.textContent = words.dataset.gridWords.replace("{answered}", answered).replace("{total}", names.size);
  form.querySelector("[data-grid-progress]").value = answered;

  const critical = [...form.querySelectorAll("[data-critical-left]")];
  let left = 0;
  for (const line of critical) {
    line.hidden = !["", "not_asked"].includes(value(line.dataset.criticalLeft));
    left += line.hidden ? 0 : 1;
  }
  for (const place of form.querySelectorAll("[data-critical-count]")) place.textContent = left;
  for (const place of form.querySelectorAll("[data-critical-some]")) place.hidden = left === 0;
  for (const place of form.querySelectorAll("[data-critical-none]")) place.hidden = left > 0;
}

if (form) {
  form.addEventListener("change", refresh);
  window.addEventListener("pageshow", refresh);
  new MutationObserver(refresh).observe(form, { childList: true });
}
