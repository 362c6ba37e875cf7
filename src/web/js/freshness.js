// SPDX-License-Identifier: Apache-2.0
// Says how old the figures on screen are, and makes it plain when they can't be renewed.
import { age } from "./format.js";
import { announce, announceError } from "./announce.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./texts.js";

const SOON = 1000;              // before that nobody needs to be told that it takes its time
const LIVE = 10000;             // what was asked for less than this long ago is as it is now

// Returns {node, set(state of follow()), stop}. onRetry is called when the person asks to try at once.
export function freshness(onRetry) {
  const text = h("span", { class: "freshness__text" });
  const picture = h("span", { class: "freshness__icon", "aria-hidden": "true" });
  const retry = h("button", { type: "button", class: "button button--small", hidden: true, onclick: onRetry }, t("Try now"));
  const node = h("div", { class: "freshness", "data-state": "loading" }, picture, text, retry);
  const began = Date.now();
  let state = null;
  draw();
  const timer = setInterval(draw, 1000);

  function draw() {
    setText(text, !state && Date.now() - began < SOON ? "\u00a0" : words(state, Date.now()));
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
      if (isAway && !wasAway) announceError(t("The server does not answer. What is shown may be out of date."));
      if (!isAway && wasAway) announce(t("The server answers again. The figures are current."));
      draw();
    },
    stop: () => clearInterval(timer),
  };
}

function words(state, now) {
  if (!state) return t("Loading…");
  if (state.failures === 0) return now - state.okAt < LIVE ? t("Live") : t("Updated {age} ago", { age: age(now - state.okAt) });
  const next = age(state.nextAt - now);
  return state.okAt === null ? t("No answer from the server, trying again in {next}", { next })
    : t("Stale: figures are {age} old. No answer from the server, trying again in {next}", { age: age(now - state.okAt), next });
}
