// SPDX-License-Identifier: Apache-2.0
// A titled section of a page, and the grey shapes that hold its place until the first data.
import { h } from "./dom.js";

let serial = 0;

export function section(name, title, ...children) {
  const id = `section-${(serial += 1)}`;
  return h(
    "section",
    { class: `panel panel--${name}`, "aria-labelledby": id },
    h("div", { class: "panel__head" }, h("h2", { id }, title)),
    children,
  );
}

export function skeleton(count, kind) {
  return Array.from({ length: count }, () => h("div", { class: `skeleton skeleton--${kind}`, "aria-hidden": "true" }));
}

export const empty = (text) => h("p", { class: "empty" }, text);
