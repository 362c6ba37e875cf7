// SPDX-License-Identifier: Apache-2.0
// A tally sheet by keyboard and scanner: digits choose a cargo, + or Enter records, u or Ctrl-Z takes back, a code is a code.
import { createScanner, GAP } from "./scanner.js";

const TYPING = 'input:not([type="radio"]), textarea';
// Enter is theirs already.
const PRESSED = "button, a[href], summary, select";

// acts: {choose(index), record(), undo(), scan(code)}. Returns a function that stops it.
export function listenToKeys(acts) {
  const scanner = createScanner();
  const timers = new Set();
  document.addEventListener("keydown", key, true);
  return () => {
    document.removeEventListener("keydown", key, true);
    timers.forEach(clearTimeout);
  };

  function key(event) {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.altKey || target.closest(TYPING)) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() === "z" && !event.repeat && !inDialog()) {
        event.preventDefault();
        acts.undo();
      }
      return;
    }
    if (event.repeat) {
      // A key that is held down is one press.
      if (event.key === "Enter") event.preventDefault();
      return;
    }
    // A list would choose by the first letter of a code.
    if (target.closest("select") && /^[^\s]$/.test(event.key)) event.preventDefault();
    const { code, before } = scanner.feed(event.key, event.timeStamp);
    if (code) {
      // Its Enter is not for the button that was pressed last.
      event.preventDefault();
      event.stopPropagation();
      acts.scan(code);
      return;
    }
    commands(before);
    if (event.key === "Enter") {
      if (!inDialog() && !target.closest(PRESSED)) acts.record();
    } else if (event.key.length === 1) {
      if (event.key === " " && scanner.typing(event.timeStamp)) event.preventDefault();
      later();
    }
  }

  // Keys by themselves are a person's.
  function later() {
    const timer = setTimeout(() => {
      timers.delete(timer);
      commands(scanner.due(performance.now()));
    }, GAP + 10);
    timers.add(timer);
  }

  function commands(keys = "") {
    for (const character of keys) command(character);
  }

  function command(character) {
    if (inDialog()) return;
    if (/[1-9]/.test(character)) acts.choose(Number(character) - 1);
    else if (character === "+") acts.record();
    else if (character.toLowerCase() === "u") acts.undo();
  }
}

const inDialog = () => document.querySelector("dialog[open]") !== null;
