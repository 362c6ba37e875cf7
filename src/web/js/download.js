// SPDX-License-Identifier: Apache-2.0
// Hands a text to the person as a file.
import { announce } from "./announce.js";
import { count } from "./format.js";
import { h, setAttr, setText } from "./dom.js";
import { t } from "./texts.js";

const KILO = 1024;

export function saveText(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/** Why there is no file, in words. */
export const notMade = (error) => t("The file could not be made. {reason}", { reason: error.status === 0 ? t("No answer from the server.") : error.message });

// A button that downloads a list. address() is the question, say(text) shows what went wrong.
export function downloadButton({ api, name, address, say }) {
  const text = h("span", null, t("Download CSV"));
  const node = h("button", { type: "button", class: "button button--small", onclick: download }, text);
  let busy = false;

  async function download() {
    if (busy) return;
    busy = true;
    setAttr(node, "aria-disabled", "true");
    say("");
    try {
      const csv = await api.csv(await address(), (bytes) => setText(text, t("{size} kB…", { size: count(Math.ceil(bytes / KILO)) })));
      saveText(`${name}-${new Date(api.now()).toISOString().slice(0, 10)}.csv`, csv);
      announce(t("The file was downloaded."));
    } catch (error) {
      say(notMade(error));
    } finally {
      busy = false;
      setAttr(node, "aria-disabled", null);
      setText(text, t("Download CSV"));
    }
  }

  return { node };
}
