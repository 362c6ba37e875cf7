// SPDX-License-Identifier: Apache-2.0
// What a browser calls itself, in words: "Firefox on Windows".
import { t } from "./texts.js";

// The first that fits: most call themselves Chrome and Safari as well.
const BROWSERS = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|CriOS|HeadlessChrome)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS = [
  [/\biPad\b/, "iPad"],
  [/\biPhone\b/, "iPhone"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];
const LONGEST = 60;

export function device(userAgent) {
  const text = (userAgent ?? "").trim();
  const find = (table) => table.find(([pattern]) => pattern.test(text))?.[1];
  const browser = find(BROWSERS);
  const system = find(SYSTEMS);
  if (browser && system) return t("{browser} on {system}", { browser, system });
  if (browser || system) return browser ?? system;
  if (!text) return t("Unknown device");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
