// Requests made by scripts, and what happens when the session ended meanwhile: a dialog to log in, then the same
// request again. The text on the page is never touched, and nothing is stored on the device.
//
// The server answers 401 to a request with `X-Requested-With: fetch` from somebody who is not logged in.
const dialog = document.getElementById("session-dialog");
const WAITED_LONG = 10 * 60 * 1000; // milliseconds without an answer after which a form is not sent blindly
let lastAnswer = Date.now();
let asking = null;

function token() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

function headers() {
  return { "X-CSRFToken": token(), "X-Requested-With": "fetch" };
}

// As fetch, with our headers and one more try after each login. Throws as fetch does when there is no connection.
export async function send(url, { method = "POST", body = null, keepalive = false } = {}) {
  // The header carries the token: the one in the form may be older than the last login.
  if (body instanceof FormData) body.delete("csrfmiddlewaretoken");
  for (;;) {
    const response = await fetch(url, { method, body, keepalive, headers: { ...headers(), Accept: "application/json" } });
    if (response.status !== 401) {
      lastAnswer = Date.now();
      return response;
    }
    if (!(await login())) return response;
  }
}

// Opens the dialog (once, whoever asks). Resolves to true when the person is logged in again, false when they stay out.
function login() {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

function ask() {
  if (!dialog) return Promise.resolve(false);
  const form = dialog.querySelector("form");
  const say = (text) => (dialog.querySelector("[data-session-error]").textContent = text);
  const back = document.activeElement;
  say("");
  dialog.showModal();
  return new Promise((resolve) => {
    const stop = new AbortController();
    const end = (result) => {
      stop.abort();
      form.reset();
      dialog.close();
      back?.focus?.();
      resolve(result);
    };
    form.addEventListener(
      "submit",
      async (event) => {
        event.preventDefault();
        const button = form.querySelector("[type=submit]");
        if (button.disabled) return;
        button.disabled = true;
        try {
          const problem = await enter(new FormData(form));
          if (problem === "") end(true);
          else say(problem);
        } catch {
          say(dialog.dataset.failed);
        } finally {
          button.disabled = false;
        }
      },
      { signal: stop.signal },
    );
    dialog.querySelector("[data-session-cancel]").addEventListener("click", () => end(false), { signal: stop.signal });
    dialog.addEventListener("cancel", () => end(false), { signal: stop.signal });
  });
}

// Logs in; "" when done, else what to tell.
async function enter(fields) {
  const response = await fetch(dialog.dataset.loginUrl, {
    method: "POST",
    body: fields,
    headers: { "X-CSRFToken": token(), "X-Requested-With": "XMLHttpRequest", Accept: "application/json" },
  });
  if (response.status === 400) {
    const { form } = await response.json();
    const messages = [...form.errors, ...Object.values(form.fields).flatMap((field) => field.errors)];
    return messages.join(" ") || dialog.dataset.failed;
  }
  if (!response.ok) return dialog.dataset.failed;
  if (!(await renew())) return dialog.dataset.more;
  if (dialog.dataset.membership) {
    const hat = new FormData();
    hat.set("membership", dialog.dataset.membership);
    await fetch(dialog.dataset.actingUrl, { method: "POST", body: hat, headers: headers(), redirect: "manual" });
  }
  return "";
}

// Logging in changed the token: take the new one, everywhere on the page. False when still not logged in.
async function renew() {
  const response = await fetch(dialog.dataset.actingUrl, { headers: { "X-Requested-With": "fetch" } });
  if (!response.ok) return false;
  lastAnswer = Date.now();
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector('[name="csrfmiddlewaretoken"]')?.value;
  if (!fresh) return false;
  document.querySelector('meta[name="csrf-token"]').content = fresh;
  for (const field of document.querySelectorAll('[name="csrfmiddlewaretoken"]')) field.value = fresh;
  return true;
}

// A plain form sent after a long wait: make sure that somebody is still logged in before the page is left.
document.addEventListener(
  "submit",
  async (event) => {
    const { target: form, submitter } = event;
    if (!dialog || form.method !== "post" || Date.now() - lastAnswer < WAITED_LONG) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    try {
      const response = await fetch(dialog.dataset.actingUrl, { headers: { "X-Requested-With": "fetch" } });
      if (response.status === 401 && !(await login())) return;
    } catch {
      notice(dialog.dataset.failed);
      return;
    }
    lastAnswer = Date.now();
    form.requestSubmit(submitter ?? undefined);
  },
  true,
);

function notice(text) {
  const place = document.querySelector("[data-notices]");
  const box = document.createElement("div");
  box.className = "notice notice-error";
  box.textContent = text;
  place?.replaceChildren(box);
  place?.scrollIntoView({ block: "center" });
}
