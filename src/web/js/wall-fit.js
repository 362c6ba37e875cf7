// SPDX-License-Identifier: Apache-2.0
// Makes everything on the wall as large as fits: all sizes are in rem, so the root's is the one to change.

// Where the layout is best: 1920 × 1080 at 18 px. Other screens get the same picture, larger or smaller.
const WIDE = 1920 / 18;
const HIGH = 1080 / 18;
const STEP = 0.04;
const LARGEST = 1.28;
const SMALLEST = 0.52;

/** The size for a window with which fits(size) is true: the largest of the steps, or the smallest if there is none. */
export function largestThat(fits, { width, height }) {
  const usual = Math.min(width / WIDE, height / HIGH);
  let factor = LARGEST;
  while (factor - STEP >= SMALLEST && !fits(usual * factor)) factor -= STEP;
  return usual * factor;
}

// Returns {to(node), stop}: from then on node fits into the stage, whatever comes into it.
export function fitted(stage) {
  const root = document.documentElement;
  let node = null;
  let done = "";
  const look = new ResizeObserver(() => fit());
  look.observe(stage);
  const grown = new MutationObserver(() => fit());

  function fit() {
    if (!node) return;
    const key = [innerWidth, innerHeight, node.scrollWidth, node.scrollHeight].join();
    if (key === done) return;
    largestThat((size) => {
      root.style.fontSize = `${size}px`;
      return stage.scrollHeight <= stage.clientHeight + 1 && stage.scrollWidth <= stage.clientWidth + 1;
    }, { width: innerWidth, height: innerHeight });
    done = [innerWidth, innerHeight, node.scrollWidth, node.scrollHeight].join();
  }

  return {
    to(next) {
      node = next;
      done = "";
      grown.disconnect();
      grown.observe(node, { childList: true, subtree: true, characterData: true });
      fit();
    },
    stop() {
      look.disconnect();
      grown.disconnect();
      root.style.fontSize = "";
    },
  };
}
