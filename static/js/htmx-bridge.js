// htmx sends our headers, shows the forms that come back refused, and goes on after a new login.
import { headers, login } from "./session.js";

document.addEventListener("htmx:configRequest", ({ detail }) => {
  Object.assign(detail.headers, headers());
  if (detail.verb !== "get") delete detail.parameters.csrfmiddlewaretoken;
});
document.addEventListener("htmx:beforeSwap", async ({ detail }) => {
  const { status } = detail.xhr;
  if ([400, 409, 422].includes(status)) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
  if (status !== 401) return;
  detail.shouldSwap = false;
  const { verb, path, elt, target } = detail.requestConfig;
  if (await login()) window.htmx.ajax(verb, path, { source: elt, target });
});
