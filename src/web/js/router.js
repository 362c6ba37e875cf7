// SPDX-License-Identifier: Apache-2.0
// Moves between pages without loading the document again (History API).
import { matchRoute } from "./routes.js";

// show(route, {initial}) is called for every page to be shown.
export function startRouter(show) {
  const open = (initial) => show(matchRoute(location.pathname), { initial });

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[href]");
    if (!link || !isOurs(link, event)) return;
    event.preventDefault();
    if (link.pathname !== location.pathname) history.pushState(null, "", link.pathname);
    scrollTo(0, 0);
    open(false);
  });
  addEventListener("popstate", () => open(false));
  open(true);
}

// What the browser should do itself (new tab, download, other host, jump within the page) is left to it.
function isOurs(link, event) {
  return (
    !event.defaultPrevented &&
    event.button === 0 &&
    !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) &&
    !link.target &&
    !link.hash &&
    link.origin === location.origin &&
    matchRoute(link.pathname).page !== "not-found"
  );
}
