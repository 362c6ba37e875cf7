// SPDX-License-Identifier: Apache-2.0
// The one tally per person and vessel that was sent and not yet settled. It outlives a reload and a session: the same id
// is sent again, so nothing that a clerk recorded is lost with the radio, and nothing is counted twice. It is sent by
// the person who recorded it and by nobody else.
import { personalKey, recall, recallKeys, remember } from "./memory.js";

const PREFIX = "pending.";
const key = (userId, vesselId) => personalKey(userId, `${PREFIX}${vesselId}`);

export const isPending = (name) => name.startsWith(PREFIX);

export const keepPending = (userId, vesselId, tally) => remember(key(userId, vesselId), JSON.stringify(tally));
export const dropPending = (userId, vesselId) => remember(key(userId, vesselId), null);

export function pendingTally(userId, vesselId) {
  try {
    const tally = JSON.parse(recall(key(userId, vesselId)));
    return typeof tally?.id === "string" ? tally : null;
  } catch {
    return null;
  }
}

/** The ids of the vessels for which this person has something unsent. */
export function pendingVessels(userId) {
  const prefix = key(userId, "");
  return recallKeys().filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)).sort();
}

/** Whether anybody has something unsent on this device. */
export const anythingPending = () => recallKeys().some((name) => /^stevedores\.person\.[^.]+\.pending\./.test(name));
