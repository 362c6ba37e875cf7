// SPDX-License-Identifier: Apache-2.0
// A bar that is filled to some percentage, with a tick at another.
import { h, setAttr } from "./dom.js";

// Returns {node, update({percent, tick, text, label, level})}. percent and tick are 0…100, tick may be null; text is the
// value in words; level colours the bar.
export function meter() {
  const part = h("span", { class: "bar__part bar__part--loaded" });
  const mark = h("span", { class: "bar__pace", hidden: true });
  const node = h("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, h("span", { class: "bar__track" }, part), mark);
  return {
    node,
    update({ percent, tick = null, text, label, level = "" }) {
      part.style.width = `${percent}%`;
      mark.hidden = tick === null;
      if (tick !== null) mark.style.left = `${tick}%`;
      node.dataset.level = level;
      setAttr(node, "aria-label", label);
      setAttr(node, "aria-valuenow", Math.floor(percent * 10) / 10);
      setAttr(node, "aria-valuetext", text);
    },
  };
}
