// <input type="file" data-largest="bytes">: a file that is too large is said before it is sent. The server refuses it too.
function check(input) {
  const warning = input.form.querySelector("[data-too-large]");
  const large = [...input.files].some((file) => file.size > Number(input.dataset.largest));
  warning.hidden = !large;
  return !large;
}

for (const input of document.querySelectorAll("input[type=file][data-largest]")) {
  input.addEventListener("change", () => check(input));
  check(input); // chosen before this script came
  // Before once.js, which hears the form's event at the document.
  input.form.addEventListener("submit", (event) => {
    if (check(input)) return;
    event.preventDefault();
    input.focus();
  });
}
