// SPDX-License-Identifier: Apache-2.0
// Vessels that are being written down and not yet sent. They stay on the device, for the person who wrote them: past a
// reload, the end of the session or of the browser, until they are sent or thrown away, or the person logs out.
import { emptyValues } from "./wizard-state.js";
import { newUuid } from "./uuid.js";
import { personalKey, recall, recallKeys, remember } from "./memory.js";

const PREFIX = "vessel-draft.";
const keyOf = (userId, id) => personalKey(userId, `${PREFIX}${id}`);
// Should the device keep nothing, going from step to step still works.
const open = new Map();

/** A new one, of a vessel that is there already if `about` has its {vesselId, etag, before}. Not kept until keepDraft(). */
export const newDraft = (values = emptyValues(), about = {}) => ({ id: newUuid(), at: null, values, wrong: {}, sent: null, ...about });

/** So that it is found again on the next step, though nothing has been written yet. */
export const holdDraft = (userId, draft) => open.set(keyOf(userId, draft.id), draft);

export function keepDraft(userId, draft, now) {
  draft.at = new Date(now).toISOString();
  open.set(keyOf(userId, draft.id), draft);
  remember(keyOf(userId, draft.id), JSON.stringify(draft));
}

export function dropDraft(userId, id) {
  open.delete(keyOf(userId, id));
  remember(keyOf(userId, id), null);
}

export const draftOf = (userId, id) => open.get(keyOf(userId, id)) ?? read(keyOf(userId, id));

/** All of this person's, the newest first. */
export function drafts(userId) {
  const prefix = keyOf(userId, "");
  const keys = new Set([...recallKeys(), ...open.keys()].filter((name) => name.startsWith(prefix)));
  return [...keys].map((name) => open.get(name) ?? read(name)).filter((draft) => draft?.at).sort((a, b) => b.at.localeCompare(a.at));
}

export const draftOfVessel = (userId, vesselId) => drafts(userId).find((draft) => draft.vesselId === vesselId) ?? null;

// null for what another version kept, or somebody else's hand.
function read(key) {
  try {
    const draft = JSON.parse(recall(key));
    if (typeof draft?.id !== "string" || typeof draft.at !== "string" || typeof draft.values !== "object") return null;
    return { ...draft, wrong: draft.wrong ?? {}, values: { ...emptyValues(), ...draft.values } };
  } catch {
    return null;
  }
}
