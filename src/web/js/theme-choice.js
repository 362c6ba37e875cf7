// SPDX-License-Identifier: Apache-2.0
// The part of colours and contrast that must run before the first paint (see boot.js).
import { recall } from "./memory.js";

// What can be chosen on this device, with where the choice is kept. "auto" is what the device asks for.
export const CHOICES = {
  theme: { key: "stevedores.theme", values: ["auto", "light", "dark"], media: "(prefers-color-scheme: dark)", asked: "dark", otherwise: "light" },
  contrast: { key: "stevedores.contrast", values: ["auto", "standard", "more"], media: "(prefers-contrast: more)", asked: "more", otherwise: "standard" },
};

export const choice = ({ key, values }, stored = recall(key)) => (values.includes(stored) ? stored : "auto");

/** What holds: the choice, or what the device asks for, as matches says of its media query. */
export const inForce = (what, chosen, matches) => (chosen !== "auto" ? chosen : matches ? what.asked : what.otherwise);

// Puts data-theme and data-contrast on the root element; the style sheet knows nothing of "auto".
export function apply() {
  for (const [name, what] of Object.entries(CHOICES)) {
    document.documentElement.dataset[name] = inForce(what, choice(what), matchMedia(what.media).matches);
  }
}

/** From now on, a device that asks for something else gets it. */
export function followDevice() {
  for (const { media } of Object.values(CHOICES)) matchMedia(media).addEventListener("change", apply);
}
