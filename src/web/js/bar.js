// SPDX-License-Identifier: Apache-2.0
// A progress bar in two parts, discharged and loaded, with a tick where the work should be by now.
import { count, percent, share } from "./format.js";
import { h, setAttr } from "./dom.js";
import { t } from "./texts.js";

// Returns {node, update({discharged, loaded, whole, planned})}; planned is 0…100 or null.
export function bar(label) {
  const discharged = h("span", { class: "bar__part bar__part--discharged" });
  const loaded = h("span", { class: "bar__part bar__part--loaded" });
  const pace = h("span", { class: "bar__pace" });
  const node = h(
    "div",
    { class: "bar", role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 },
    h("span", { class: "bar__track" }, discharged, loaded),
    pace,
  );

  return {
    node,
    update({ discharged: off, loaded: on, whole, planned = null }) {
      const moved = off + on;
      // More moved than planned: the parts keep their proportion and fill the bar.
      const base = Math.max(whole, moved);
      discharged.style.width = `${share(off, base)}%`;
      loaded.style.width = `${share(on, base)}%`;
      pace.hidden = planned === null || whole === 0;
      if (!pace.hidden) pace.style.left = `${planned}%`;
      setAttr(node, "aria-valuenow", whole > 0 ? Math.floor(share(moved, whole) * 10) / 10 : null);
      setAttr(node, "aria-valuetext", inWords(moved, whole, pace.hidden ? null : planned));
    },
  };
}

function inWords(moved, whole, planned) {
  if (whole === 0) return t("{moved} moved, no plan", { moved: count(moved) });
  const values = { moved: count(moved), all: count(whole), share: percent((100 * moved) / whole) };
  return planned === null ? t("{moved} of {all} moved, {share}", values)
    : t("{moved} of {all} moved, {share}; {planned} would be on pace for the ETD", { ...values, planned: percent(planned) });
}
