// SPDX-License-Identifier: Apache-2.0
// Why the server refused an entry, in words, and what a person can decide about it. Nothing of it is decided by the program.
import { fieldWord } from "./field-words.js";
import { inWords } from "./server-words.js";
import { t } from "./texts.js";

const has = ({ errors = [] }, name) => errors.some(({ field }) => field === name);
const AGAIN = "again";
const CORRECT = "correct";
const DROP = "drop";

// The first that fits: of which entries, why, whether the server's own words say more, and what is offered, the likeliest first.
const RULES = [
  {
    of: ({ kind, problem }) => kind === "void" && problem.status === 409,
    why: () => t("Somebody has voided this tally already. There is nothing left to do."),
    offers: [DROP],
  },
  {
    of: ({ kind, problem }) => kind === "void" && problem.status === 403,
    why: () => t("You may not void this tally any more: it still counts. Ask a supervisor to void it."),
    offers: [AGAIN, DROP],
  },
  {
    of: ({ problem }) => problem.status === 403,
    why: () => t("Your role does not allow it. Ask for the role of a clerk, and send it again then."),
    offers: [AGAIN, DROP],
  },
  {
    of: ({ problem }) => problem.status === 409 && has(problem, "vessel_id"),
    why: () => t("The vessel was closed for tallies before this one came. When its work is taken up again, it can be sent."),
    offers: [AGAIN, DROP],
  },
  {
    of: ({ problem }) => problem.status === 409 && has(problem, "id"),
    why: () => t("Another tally has its id. It can be recorded under a new one."),
    tell: true,
    offers: [CORRECT, DROP],
  },
  {
    of: ({ problem }) => problem.status === 404,
    why: ({ kind }) => (kind === "void" ? t("The tally that it takes back is not there.") : t("The vessel is not there any more.")),
    offers: [AGAIN, DROP],
  },
  {
    of: ({ kind }) => kind === "tally",
    why: () => t("Something about it is wrong. Correct it, and it is sent anew."),
    tell: true,
    offers: [CORRECT, DROP],
  },
  { of: () => true, why: () => t("The server refused it."), tell: true, offers: [AGAIN, DROP] },
];

/** {why, detail, offers}: offers are "again", "correct" and "drop"; detail is what the server says. */
export function decisionFor(entry) {
  const { why, offers, tell } = RULES.find(({ of }) => of(entry));
  const { detail, errors = [] } = entry.problem;
  const words = errors.map(({ field, detail: text }) => `${fieldWord(field)}: ${inWords(text)}`).join(", ") || inWords(detail ?? "");
  return { why: why(entry), detail: tell ? words : "", offers };
}

/** Entries that are refused for the same reason are one question: [{key, vesselId, vesselName, kind, decision, entries}]. */
export function questions(entries) {
  const groups = new Map();
  for (const entry of entries.filter(({ state }) => state === "refused")) {
    const decision = decisionFor(entry);
    const key = [entry.vesselId, entry.kind, decision.why, decision.detail].join("|");
    if (!groups.has(key)) groups.set(key, { key, vesselId: entry.vesselId, vesselName: entry.vesselName, kind: entry.kind, decision, entries: [] });
    groups.get(key).entries.push(entry);
  }
  return [...groups.values()];
}
