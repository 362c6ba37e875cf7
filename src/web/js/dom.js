// SPDX-License-Identifier: Apache-2.0
// Builds DOM nodes. Data only ever becomes text nodes and attribute values, never markup.

const SVG = "http://www.w3.org/2000/svg";

// h("p", {class: "x", onclick: f}, "text", node, [nodes], null)
// A property that is null or false is left out, true is an empty attribute; "on…" adds a listener.
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (!name.startsWith("on")) setAttr(node, name, value);
    else if (value) node.addEventListener(name.slice(2), value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function setAttr(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}

// A text whose holes are nodes: fillNodes("{done} of 12", {done: h("strong", null, "3")}) is [strong, " of 12"].
export const fillNodes = (text, nodes) => text.split(/\{(\w+)\}/).map((part, index) => (index % 2 ? nodes[part] : part)).filter((part) => part !== "");

// Writes only when the text differs, so that selections and live regions are left in peace.
export function setText(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}

// Makes parent's children match items: keeps the node of each key, adds, removes, reorders.
// create() returns {node, update(item, context)}; the views live in the Map that the caller keeps.
export function keyed(parent, views, items, { keyOf, create, context }) {
  const wanted = new Set(items.map(keyOf));
  for (const [key, view] of views) {
    if (!wanted.has(key)) {
      view.node.remove();
      views.delete(key);
    }
  }
  items.forEach((item, index) => {
    const key = keyOf(item);
    let view = views.get(key);
    if (!view) {
      view = create();
      views.set(key, view);
    }
    view.update(item, context);
    // Moving a node drops its focus, so a node in place is not touched.
    if (parent.children[index] !== view.node) parent.insertBefore(view.node, parent.children[index] ?? null);
  });
}

// Replaces the children and gives the focus back to the link or button with the same data-key.
export function replaceKeepingFocus(parent, ...children) {
  const active = document.activeElement;
  const key = parent.contains(active) ? active.dataset.key : null;
  parent.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (key) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}
