// Leave at once: the link, or Shift three times within two seconds. The page goes blank first and is replaced in the
// history, so that "back" does not return here.
const link = document.querySelector("[data-quick-exit]");
const pressed = [];

function leave() {
  document.documentElement.classList.add("left-page");
  document.title = " ";
  location.replace(link.href);
}

if (link) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  document.addEventListener("keydown", (event) => {
    if (event.repeat) return;
    if (event.key !== "Shift") {
      pressed.length = 0;
      return;
    }
    pressed.push(event.timeStamp);
    while (pressed.length && event.timeStamp - pressed[0] > 2000) pressed.shift();
    if (pressed.length >= 3) leave();
  });
}
