// SPDX-License-Identifier: Apache-2.0
// What a wrong address or a vessel that isn't there shows.
import { h } from "./dom.js";

export function notFound(title, text) {
  return h(
    "section",
    { class: "message-page" },
    h("h1", null, title),
    h("p", null, text),
    h("p", null, h("a", { class: "button button--primary", href: "/" }, "To the dashboard")),
  );
}

export function notFoundPage(frame) {
  frame.setTitle("Page not found");
  return { node: notFound("There is nothing at this address", "The link may be old, or a character was lost on the way."), stop() {} };
}
