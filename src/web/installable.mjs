// SPDX-License-Identifier: Apache-2.0
// What makes the client installable: its icons, drawn from img/*.svg, and the manifest that names them.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

// A maskable icon and Apple's are cut by the system, to a circle at worst, so theirs fills its square.
const ICONS = [
  { name: "icon-192.png", from: "favicon.svg", size: 192, purpose: "any" },
  { name: "icon-512.png", from: "favicon.svg", size: 512, purpose: "any" },
  { name: "icon-maskable-192.png", from: "icon-square.svg", size: 192, purpose: "maskable" },
  { name: "icon-maskable-512.png", from: "icon-square.svg", size: 512, purpose: "maskable" },
  { name: "apple-touch-icon.png", from: "icon-square.svg", size: 180 },
];

/** Those of img/ that no page shows. */
export const onlyDrawn = new Set(["icon-square.svg"]);

/** The icons as [name, bytes]; the drawing program is in the folder modules, the pictures are in img. */
export async function drawIcons(modules, img) {
  const require = createRequire(path.join(modules, "x.js"));
  const { initWasm, Resvg } = require("@resvg/resvg-wasm");
  await initWasm(readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")));
  return Promise.all(ICONS.map(async ({ name, from, size }) => {
    const picture = new Resvg(await readFile(path.join(img, from), "utf8"), { fitTo: { mode: "width", value: size } });
    return [name, picture.render().asPng()];
  }));
}

/** The manifest's text; address(name) is where an icon is. */
export function manifest(address) {
  const [any] = ICONS;
  const icons = [{ src: address(any.name), sizes: `${any.size}x${any.size}`, type: "image/png" }];
  return `${JSON.stringify({
    id: "/",
    name: "Stevedores Dashboard",
    short_name: "Stevedores",
    description: "Operations as they are now",
    lang: "en",
    start_url: "/",
    scope: "/",
    display: "standalone",
    background_color: "#0f2a3d",
    theme_color: "#0f2a3d",
    icons: ICONS.filter(({ purpose }) => purpose).map(({ name, size, purpose }) => ({ src: address(name), sizes: `${size}x${size}`, type: "image/png", purpose })),
    shortcuts: [{ name: "Dashboard", url: "/", icons }, { name: "Not stored yet", url: "/outbox", icons }],
  }, null, 2)}\n`;
}
