// <a href="…" data-awaits-change>: this page shows what is under way. It is asked for again now and then, and shown anew
// once, when the answer no longer waits. Without this module the link does the same by hand.
const EVERY = 8000;
const MOST = 60;

async function look(link, left) {
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected && !(await answer.text()).includes("data-awaits-change")) {
      window.location.assign(link.href);
      return;
    }
  } catch {
    // no network for a moment: the next time
  }
  wait(link, left - 1);
}

function wait(link, left) {
  if (left > 0) window.setTimeout(() => look(link, left), EVERY);
}

const waiting = document.querySelector("a[data-awaits-change]");
if (waiting) wait(waiting, MOST);
