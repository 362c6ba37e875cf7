// SPDX-License-Identifier: Apache-2.0
// Where what is recorded on this device lies until the server has it, and for two days after: IndexedDB, or, where there is
// none (private windows of some browsers), the memory of the page. It knows no page, so the service worker uses it as well.
//
// An entry is {id, kind "tally" | "void", userId, vesselId, vesselName, body, of (a void's tally), what (a void's tally in
// short), madeAt, order, state "waiting" | "refused", problem, attempts}. Only an entry with attempts 0 is known not to be at
// the server: attempts is counted before a request leaves.
import { openDB } from "idb";

const NAME = "stevedores-outbox";
const ENTRIES = "entries";
const SENT = "sent";
const BOTH = [ENTRIES, SENT];
/** How long, and how many of a person's, stored entries are remembered: for the sitting's sums, and so that a supervisor's void can be told. */
export const SENT_FOR = 48 * 3600 * 1000;
export const SENT_MOST = 5000;

/** The queue in IndexedDB; use(...) fails where there is none, or it is full. */
export function deviceTables(name = NAME) {
  let opened = null;
  const open = () => {
    opened ??= openDB(name, 1, {
      upgrade(db) {
        for (const table of BOTH) db.createObjectStore(table, { keyPath: "id" });
      },
      // Never in the way of a newer version in another tab, nor of a browser that clears up.
      blocking: (_, __, { target }) => {
        opened = null;
        target.close();
      },
      terminated: () => (opened = null),
    }).catch((error) => {
      opened = null;
      throw error;
    });
    return opened;
  };
  return {
    async use(mode, work) {
      const db = await open();
      // strict: on the disk before the press counts as recorded, for a battery that gives up right then.
      const transaction = db.transaction(BOTH, mode, { durability: "strict" });
      const done = transaction.done;
      done.catch(() => {});
      const result = await work(transaction.objectStore(ENTRIES), transaction.objectStore(SENT)).catch((error) => {
        try {
          transaction.abort();
        } catch {
          // it ended by itself
        }
        throw error;
      });
      await done;
      return result;
    },
  };
}

/** The same in memory. Work is done one after the other, as transactions are. */
export function memoryTables() {
  const table = () => {
    const rows = new Map();
    return {
      get: async (id) => rows.get(id),
      getAll: async () => [...rows.values()],
      put: async (row) => void rows.set(row.id, structuredClone(row)),
      delete: async (id) => void rows.delete(id),
    };
  };
  const entries = table();
  const sent = table();
  let last = Promise.resolve();
  return {
    use(_, work) {
      const mine = last.then(() => work(entries, sent));
      last = mine.catch(() => {});
      return mine;
    },
  };
}

const inOrder = (rows) => rows.sort((a, b) => a.order - b.order);

// What can be done with the queue, each step whole or not at all.
export function createStore(tables, clock = Date.now) {
  const { use } = tables;

  async function prune(sent) {
    const rows = (await sent.getAll()).sort((a, b) => b.sentAt - a.sentAt);
    const ofWhom = new Map();
    const old = rows.filter(({ userId, sentAt }) => {
      ofWhom.set(userId, (ofWhom.get(userId) ?? 0) + 1);
      return ofWhom.get(userId) > SENT_MOST || sentAt < clock() - SENT_FOR;
    });
    await Promise.all(old.map((row) => sent.delete(row.id)));
  }

  return {
    add: (entry) => use("readwrite", (entries) => entries.put(entry)),
    /** Of one person, or of everybody. */
    list: (userId) => use("readonly", async (entries) => inOrder((await entries.getAll()).filter((row) => userId === undefined || row.userId === userId))),
    sent: (userId) => use("readonly", async (_, sent) => inOrder((await sent.getAll()).filter((row) => row.userId === userId))),

    /** Those of ids that still wait, counted as attempted: from here on each of them may be at the server. */
    attempt: (ids) => use("readwrite", async (entries) => {
      const taken = [];
      for (const id of ids) {
        const entry = await entries.get(id);
        if (entry?.state !== "waiting") continue;
        taken.push({ ...entry, attempts: entry.attempts + 1 });
        await entries.put(taken.at(-1));
      }
      return taken;
    }),

    /** What the server said: [{id, stored: true} | {id, problem}]. */
    settle: (results) => use("readwrite", async (entries, sent) => {
      for (const { id, stored, problem } of results) {
        const entry = await entries.get(id);
        if (!entry) continue;
        if (stored) {
          await entries.delete(id);
          await sent.put({ ...entry, sentAt: clock() });
        } else {
          await entries.put({ ...entry, state: "refused", problem });
        }
      }
      await prune(sent);
    }),

    /**
     * Takes a tally back: one that was never sent is removed, any other gets the void that is handed in, which goes after it.
     * "removed", "voided", or "already" if it was taken back before.
     */
    undo: (id, voiding) => use("readwrite", async (entries, sent) => {
      const known = [...(await entries.getAll()), ...(await sent.getAll())];
      if (known.some((row) => row.of === id)) return "already";
      const entry = await entries.get(id);
      if (entry && entry.attempts === 0) {
        await entries.delete(id);
        return "removed";
      }
      await entries.put(voiding);
      return "voided";
    }),

    /** A person decided that a refused entry is sent again as it is. */
    retry: (ids) => use("readwrite", async (entries) => {
      for (const id of ids) {
        const entry = await entries.get(id);
        if (entry) await entries.put({ ...entry, state: "waiting", problem: null });
      }
    }),
    /** A person decided that a refused entry is given up; the void that waits for it has nothing left to take back. */
    remove: (id) => use("readwrite", async (entries) => {
      for (const row of await entries.getAll()) {
        if (row.id === id || row.of === id) await entries.delete(row.id);
      }
    }),
    /**
     * In the place of a refused entry comes another, under an id of its own; what would have taken the refused one back goes with it.
     * False if it was decided about already, in another tab.
     */
    replace: (id, entry) => use("readwrite", async (entries) => {
      if ((await entries.get(id))?.state !== "refused") return false;
      for (const row of await entries.getAll()) {
        if (row.id === id || row.of === id) await entries.delete(row.id);
      }
      await entries.put(entry);
      return true;
    }),
    /** What somebody else voided is recorded once more, under an id of its own; false if the person was told already. */
    recordAgain: (id, entry) => use("readwrite", async (entries, sent) => {
      const row = await sent.get(id);
      if (!row || row.told) return false;
      await sent.put({ ...row, told: true });
      await entries.put(entry);
      return true;
    }),
    /** Remembers of a stored entry what became of it: voided by somebody else, and whether its person was told. */
    note: (id, what) => use("readwrite", async (_, sent) => {
      const row = await sent.get(id);
      if (row) await sent.put({ ...row, ...what });
    }),
    /** All that is this person's; unsent says whether what waits goes as well. */
    forget: (userId, { unsent }) => use("readwrite", async (entries, sent) => {
      for (const table of unsent ? [entries, sent] : [sent]) {
        for (const row of await table.getAll()) {
          if (row.userId === userId) await table.delete(row.id);
        }
      }
    }),
  };
}
