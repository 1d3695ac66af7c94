// A refused form: the focus goes to the summary on top, and each of its links to the field it names.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-error-summary] a[href^='#']");
  const place = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!place) return;
  event.preventDefault();
  const control = place.matches("input, select, textarea") ? place : place.querySelector("input, select, textarea");
  place.scrollIntoView({ block: "center" });
  (control ?? place).focus({ preventScroll: true });
});
document.querySelector("[data-error-summary]")?.focus();
