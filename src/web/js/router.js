// SPDX-License-Identifier: Apache-2.0
// Moves between pages without loading the document again (History API).
import { matchRoute } from "./routes.js";

// show(route, {initial}) is called for every page to be shown; route.query holds the address's parameters.
export function startRouter(show) {
  const open = (initial) => show({ ...matchRoute(location.pathname), query: new URLSearchParams(location.search) }, { initial });

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[href]");
    if (!link || !isOurs(link, event)) return;
    event.preventDefault();
    // A link that changes what a page shows leaves it where it is.
    if (link.dataset.stay === undefined) scrollTo(0, 0);
    navigate(link.pathname + link.search);
  });
  navigate = (to, { replace = false } = {}) => {
    if (to !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", to);
    open(false);
  };
  addEventListener("popstate", () => open(false));
  open(true);
}

/** Goes to one of our own addresses, as by a link; with replace, the way back leads past the present one. */
export let navigate = () => {};

// Writes what a page shows into its address, for a reload and for the way back. Empty values are left out.
export function noteInAddress(values) {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
  const text = String(query);
  history.replaceState(null, "", text ? `${location.pathname}?${text}` : location.pathname);
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
