// SPDX-License-Identifier: Apache-2.0
// What is recorded on this device, as entries of the outbox and in words.
import { cargoWord, tallyWord } from "./words.js";
import { count } from "./format.js";
import { newEntry } from "./outbox.js";
import { newUuid } from "./uuid.js";
import { t } from "./texts.js";

/** body is what the server takes; the id is its own. Who counted is always told, for the same id must always come with the same content. */
export function tallyEntry({ me, vesselId, vesselName, body }) {
  const tally = { tallied_by: me.display_name, ...body };
  return newEntry({ id: body.id, kind: "tally", userId: me.id, vesselId: String(vesselId), vesselName, body: tally, madeAt: tally.tallied_at });
}

/** Takes tally back; what is its short form for the lists. */
export function voidEntry({ me, vesselId, vesselName, tally, body = {}, at }) {
  const id = newUuid();
  const { tally_type, cargo_type, count: number, tallied_at } = tally;
  return newEntry({
    id, kind: "void", userId: me.id, vesselId: String(vesselId), vesselName, of: tally.id, what: { tally_type, cargo_type, count: number, tallied_at },
    body: { tallied_by: me.display_name, ...body, id }, madeAt: at,
  });
}

/** "5 × Cars, loaded" of a tally, an entry's body or a void's what. */
export const tallyWords = ({ count: number, cargo_type: cargo, tally_type: type }) =>
  t("{count} × {cargo}, {type}", { count: count(number), cargo: cargoWord(cargo), type: tallyWord(type).toLowerCase() });
