// SPDX-License-Identifier: Apache-2.0
// Puts a text on the clipboard. input shows the same text; it is what the old way copies from.

export async function copyText(text, input) {
  try {
    // Missing on plain http to a LAN address, which is not a secure context.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    input.focus();
    input.select();
    return document.execCommand("copy");
  }
}
