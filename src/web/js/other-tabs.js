// SPDX-License-Identifier: Apache-2.0
// The tabs of a browser share its session. When somebody else logs in, or nobody is logged in any more, a tab that still shows the
// former person's name and buttons is loaded anew.
import { remember } from "./memory.js";

const KEY = "stevedores.who";

export function watchOtherTabs(userId) {
  remember(KEY, String(userId));
  addEventListener("storage", ({ key, newValue }) => key === KEY && newValue !== String(userId) && location.reload());
}

export const tellOtherTabs = () => remember(KEY, null);
