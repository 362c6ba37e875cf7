// SPDX-License-Identifier: Apache-2.0
// Hands a text to the person as a file.
import { h } from "./dom.js";

export function saveText(name, text, type = "text/csv") {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
