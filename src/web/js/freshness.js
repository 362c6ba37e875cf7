// SPDX-License-Identifier: Apache-2.0
// Says how old the figures on screen are, and makes it plain when they can't be renewed.
import { age } from "./format.js";
import { announce, announceError } from "./announce.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";

// Returns {node, set(pollState), stop}. onRetry is called when the person asks to try at once.
export function freshness(onRetry) {
  const text = h("span", { class: "freshness__text" });
  const picture = h("span", { class: "freshness__icon", "aria-hidden": "true" });
  const retry = h("button", { type: "button", class: "button button--small", hidden: true, onclick: onRetry }, "Try now");
  const node = h("div", { class: "freshness", "data-state": "loading" }, picture, text, retry);
  let state = null;
  draw();
  const timer = setInterval(draw, 1000);

  function draw() {
    if (!state) {
      setText(text, "Loading…");
    } else if (state.failures === 0) {
      setText(text, `Updated ${age(Date.now() - state.okAt)} ago`);
    } else {
      const next = `trying again in ${age(state.nextAt - Date.now())}`;
      setText(text, state.okAt === null ? `No answer from the server, ${next}`
        : `Stale: figures are ${age(Date.now() - state.okAt)} old. No answer from the server, ${next}`);
    }
  }

  return {
    node,
    set(next) {
      const wasAway = state !== null && state.failures > 0;
      const isAway = next.failures > 0;
      state = next;
      node.dataset.state = isAway ? "stale" : "live";
      retry.hidden = !isAway;
      if (isAway !== wasAway || !picture.firstChild) picture.replaceChildren(icon(isAway ? "warning" : "live"));
      if (isAway && !wasAway) announceError("The server does not answer. What is shown may be out of date.");
      if (!isAway && wasAway) announce("The server answers again. The figures are current.");
      draw();
    },
    stop: () => clearInterval(timer),
  };
}
