// The appearance switch: light, dark, or as the device. Kept in a cookie, nothing else on the device.
const device = matchMedia("(prefers-color-scheme: dark)");

function chosen() {
  return document.cookie.match(/(?:^|; )theme=(light|dark)(?:;|$)/)?.[1] ?? "auto";
}

function apply() {
  const choice = chosen();
  const dark = choice === "auto" ? device.matches : choice === "dark";
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  for (const button of document.querySelectorAll("[data-theme-switch] [data-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.theme === choice));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-switch] [data-theme]");
  if (!button) return;
  const age = button.dataset.theme === "auto" ? 0 : 31536000;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${button.dataset.theme}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
  apply();
});
device.addEventListener("change", apply);
for (const part of document.querySelectorAll("[data-theme-switch]")) part.hidden = false;
apply();
