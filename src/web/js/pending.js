// SPDX-License-Identifier: Apache-2.0
// The one tally per vessel that was sent and not yet settled. It outlives a reload: the same id is sent again, so
// nothing that a clerk recorded is lost with the radio, and nothing is counted twice.
import { recall, remember } from "./memory.js";

const key = (vesselId) => `stevedores.pending.${vesselId}`;

export const keepPending = (vesselId, tally) => remember(key(vesselId), JSON.stringify(tally));
export const dropPending = (vesselId) => remember(key(vesselId), null);

export function pendingTally(vesselId) {
  try {
    const tally = JSON.parse(recall(key(vesselId)));
    return typeof tally?.id === "string" ? tally : null;
  } catch {
    return null;
  }
}
