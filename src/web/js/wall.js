// SPDX-License-Identifier: Apache-2.0
// The page at /wall: the boards one after the other on a screen that nobody touches, as large as they fit.
//   ?every=20&boards=port,berths,labour
// Its polling is use of its session, which so does not end after hours of idleness, only with SESSION_ABSOLUTE_S.
import { announce } from "./announce.js";
import { fitted } from "./wall-fit.js";
import { h, setAttr, setText } from "./dom.js";
import { icon } from "./icons.js";
import { keepAwake } from "./wake-lock.js";
import { secondsOf, turned, viewsOf } from "./wall-rotation.js";
import { t } from "./texts.js";

const PATIENCE = 8000;          // for a board that is to come next; then what is shown stays

export function wallPage(frame, { query }) {
  frame.setTitle(t("Wall screen"));
  const every = secondsOf(query.get("every"));
  const views = viewsOf(query.get("boards"), [
    ...frame.boards.map(({ name, page, title }) => ({ name, page, title })),
    ...(frame.boards.some(({ name }) => name === "port") ? [{ name: "berths", page: "berths", title: t("Berth plan"), extra: true }] : []),
  ]);
  const stage = h("div", { class: "wall__stage" });
  const bar = wallBar({ several: views.length > 1, onPause: () => pause(!paused), onStep: (by) => step(by) });
  const node = h("div", { class: "wall", "data-state": "loading" }, bar.node, stage);
  const fit = fitted(stage);
  const stopAwake = keepAwake();

  let current = null;           // {index, page}
  let paused = views.length < 2;
  let left = every;
  let turning = false;
  let gone = false;

  // The next board comes when it has something to show. While the server is away that never happens, and what was there
  // last stays, marked as stale.
  async function turn(index, said = false) {
    if (turning || gone) return;
    turning = true;
    left = every;
    const page = await opened(frame, views[index], stage);
    turning = false;
    if (gone || (page.failed && current)) {
      page.stop();
      page.node.remove();
      return;
    }
    current?.page.stop();
    current?.page.node.remove();
    current = { index, page };
    page.node.classList.remove("wall__next");
    stage.scrollTop = 0;
    node.dataset.state = "ready";
    fit.to(page.node);
    draw();
    if (said) announce(views[index].title);
  }

  function step(by) {
    if (current) turn(turned(current.index, by, views.length), true);
  }

  function pause(on) {
    paused = on || views.length < 2;
    left = every;
    draw();
  }

  function draw() {
    const index = current?.index ?? 0;
    bar.update({ title: views[index].title, next: views[turned(index, 1, views.length)].title, left, paused, clock: frame.clockText() });
  }

  function tick() {
    if (!paused && !document.hidden && current && !turning) left -= 1;
    if (left <= 0) turn(turned(current.index, 1, views.length));
    draw();
  }

  function onKey(event) {
    const acts = { ArrowRight: () => step(1), ArrowLeft: () => step(-1), " ": () => pause(!paused) };
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    // On a button or a link the space bar is its own.
    if (event.key === " " && event.target instanceof Element && event.target.closest("a, button")) return;
    event.preventDefault();
    acts[event.key]();
  }

  document.addEventListener("keydown", onKey);
  const timer = setInterval(tick, 1000);
  turn(0);
  draw();
  return {
    node,
    stop() {
      gone = true;
      clearInterval(timer);
      document.removeEventListener("keydown", onKey);
      stopAwake();
      fit.stop();
      current?.page.stop();
    },
  };
}

// The page of a view, put on the stage unseen, when it is ready or there is no hope of that: {node, stop, failed}.
async function opened(frame, view, stage) {
  try {
    const make = await frame.open(view.page);
    const page = make({ ...frame, setTitle() {} }, { page: view.page, query: new URLSearchParams() });
    page.node.classList.add("wall__next");
    stage.append(page.node);
    const failed = !(await becomes(page.node, "ready"));
    return { node: page.node, stop: page.stop, failed };
  } catch {
    // This part of the program could not be loaded.
    return { node: h("div"), stop() {}, failed: true };
  }
}

function becomes(node, state) {
  return new Promise((resolve) => {
    const done = (answer) => {
      observer.disconnect();
      clearTimeout(timer);
      resolve(answer);
    };
    const look = () => node.dataset.state === state && done(true);
    const observer = new MutationObserver(look);
    observer.observe(node, { attributes: true, attributeFilter: ["data-state"] });
    const timer = setTimeout(() => done(false), PATIENCE);
    look();
  });
}

function wallBar({ several, onPause, onStep }) {
  const title = h("p", { class: "wall__board" });
  const next = h("span", { class: "wall__next-name" });
  const clock = h("span", { class: "wall__clock" });
  const picture = h("span", { class: "wall__icon" });
  const button = (name, label, onclick) => h("button", { type: "button", class: "masthead__button", "aria-label": label, title: label, onclick }, icon(name));
  const pause = h("button", { type: "button", class: "masthead__button wall__pause", onclick: onPause }, picture);
  const node = h("div", { class: "wall__bar" }, title, next,
    h("div", { class: "wall__tools" },
      several && [button("back", t("Board before"), () => onStep(-1)), pause, button("forward", t("Next board"), () => onStep(1))],
      document.fullscreenEnabled && button("screen", t("Full screen"), fullScreen),
      h("a", { class: "masthead__button", href: "/", "aria-label": t("Leave the wall screen"), title: t("Leave the wall screen") }, icon("close"))),
    clock);
  let drawn = null;
  return {
    node,
    update({ title: name, next: coming, left, paused, clock: time }) {
      setText(title, name);
      setText(next, !several ? "" : paused ? t("Paused") : t("next: {board}, {seconds} s", { board: coming, seconds: left }));
      setText(clock, time);
      if (paused === drawn) return;
      drawn = paused;
      picture.replaceChildren(icon(paused ? "play" : "pause"));
      setAttr(pause, "aria-label", paused ? t("Go on") : t("Pause"));
    },
  };
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => {});
}
