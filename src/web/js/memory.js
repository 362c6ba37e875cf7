// SPDX-License-Identifier: Apache-2.0
// localStorage that may be full, forbidden or absent: then nothing is remembered, and nothing breaks.
// What is a person's carries that person's id in its key, so that on a shared tablet nobody gets what is another's.

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

export function recallKeys() {
  try {
    return Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index));
  } catch {
    return [];
  }
}

export const personalKey = (userId, name) => `stevedores.person.${userId}.${name}`;

// Forgets all that is this person's.
export function forgetPerson(userId) {
  const prefix = personalKey(userId, "");
  for (const key of recallKeys()) {
    if (key.startsWith(prefix)) remember(key, null);
  }
}
