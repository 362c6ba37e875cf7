// SPDX-License-Identifier: Apache-2.0
// A button that shows and hides what is under it: what assistive technology knows best, and all of it plain Tab stops.
import { h, setAttr } from "./dom.js";

let serial = 0;

// Returns {node, close}. A link in the list leads on, and the list has done its work.
export function popup({ name, button, list }) {
  const id = `popup-${(serial += 1)}`;
  const node = h("div", { class: `popup ${name}`, onkeydown: onKey, onfocusout: onFocusOut }, button, list);
  list.id = id;
  list.classList.add("popup__list");
  setAttr(button, "aria-controls", id);
  button.addEventListener("click", () => toggle(list.hidden));
  document.addEventListener("click", (event) => {
    if (!node.contains(event.target) || event.target.closest("a")) toggle(false);
  });
  toggle(false);
  return { node, close: () => toggle(false) };

  function toggle(open) {
    list.hidden = !open;
    setAttr(button, "aria-expanded", String(open));
  }

  function onKey(event) {
    if (event.key !== "Escape" || list.hidden) return;
    toggle(false);
    button.focus();
  }

  function onFocusOut(event) {
    if (event.relatedTarget && !node.contains(event.relatedTarget)) toggle(false);
  }
}
