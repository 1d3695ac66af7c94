// Who will read the note, beside the button that sends it: said again at each choice. Without a script every choice
// says it for itself.
for (const form of document.querySelectorAll("form[data-compose]")) {
  const out = form.querySelector("[data-readers]");
  const internal = form.elements.namedItem("internal");
  if (!out) continue;
  const say = () => {
    const chosen = form.querySelector('input[name="about"]:checked');
    const words = chosen?.closest(".choice").querySelector(".visibility")?.textContent.trim();
    const said = internal?.checked ? out.dataset.internal : words || out.dataset.choose;
    if (out.textContent !== said) out.textContent = said;
  };
  form.classList.add("says-readers");
  form.addEventListener("change", say);
  say();
}
