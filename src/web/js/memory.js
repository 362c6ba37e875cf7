// SPDX-License-Identifier: Apache-2.0
// localStorage that may be full, forbidden or absent: then nothing is remembered, and nothing breaks.

export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

// null forgets.
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // not remembered
  }
}
