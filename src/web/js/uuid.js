// SPDX-License-Identifier: Apache-2.0
// Random UUIDs (version 4). A tally's id is made here, before it is sent, so that sending it twice stores it once.

// crypto.randomUUID is missing on plain http to a LAN address (not a secure context); getRandomValues is there.
export function newUuid(source = globalThis.crypto) {
  if (typeof source.randomUUID === "function") return source.randomUUID();
  const bytes = source.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
