// How long an access still lasts. The seconds left come with the page: the device's own clock is not trusted.
const TICK = 15000;

function words(element, seconds) {
  const minutes = Math.ceil(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const text = hours ? element.dataset.hours : element.dataset.minutes;
  return text.replace("{hours}", hours).replace("{minutes}", minutes % 60);
}

for (const element of document.querySelectorAll("[data-countdown]")) {
  const end = performance.now() + Number(element.dataset.countdown) * 1000;
  const show = () => {
    const seconds = (end - performance.now()) / 1000;
    if (seconds <= 0) {
      // what is no longer open does not stay on the screen
      window.location.reload();
      return;
    }
    element.textContent = words(element, seconds);
    window.setTimeout(show, Math.min(TICK, seconds * 1000 + 500));
  };
  show();
}
