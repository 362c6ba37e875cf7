// SPDX-License-Identifier: Apache-2.0
// A cache of answers that is bounded in entries, bytes of bodies, and age. The entry that the server confirmed least recently
// goes first. What has to be known of an entry stands in its headers, for a worker is ended and started again at any time.
import { FROM_DEVICE } from "./seen-cache.js";

const CONFIRM_EVERY = 60000;    // a 304 makes an entry as good as new, but each time it is written costs the device something

export class BoundedCache {
  #name; #entries; #bytes; #age; #stays; #storage; #clock;
  #index = null;                // url → {at, bytes, etag}, the least recently confirmed first; null until it is read
  #refused = new Set();         // addresses whose answers can't be kept
  #last = Promise.resolve();    // writes are done one after the other
  /** Which lifetime this is: a wipe begins the next. What was asked for in an earlier one is not kept. */
  life = 0;

  // stays(url): is not removed to make room. storage and clock: of the tests.
  constructor({ name, entries, bytes, age, stays = () => false, storage = globalThis.caches, clock = Date.now }) {
    [this.#name, this.#entries, this.#bytes, this.#age] = [name, entries, bytes, age];
    [this.#stays, this.#storage, this.#clock] = [stays, storage, clock];
  }

  /** Keeps an answer that was asked for in a lifetime. */
  keep(url, response, life = this.life) {
    return this.#inTurn(async () => {
      const body = await response.arrayBuffer();
      if (life !== this.life) return;
      const etag = response.headers.get("ETag");
      const index = await this.#read();
      if (body.byteLength > this.#bytes) {
        this.#refused.add(url);
        await this.#remove(url);
        return;
      }
      await this.#write(url, body, response.headers);
      index.delete(url);
      index.set(url, { at: this.#clock(), bytes: body.byteLength, etag });
      await this.#makeRoom();
    });
  }

  /** The server says that the answer with this ETag is still right. Resolves to false if another or none is kept. */
  confirm(url, { headers }, life = this.life) {
    return this.#inTurn(async () => {
      const index = await this.#read();
      const entry = index.get(url);
      if (life !== this.life || this.#refused.has(url)) return true;
      if (!entry || entry.etag !== headers.get("ETag")) return false;
      if (this.#clock() - entry.at < CONFIRM_EVERY) return true;
      const kept = await (await this.#open()).match(url);
      if (!kept) return false;
      const renewed = new Headers(kept.headers);
      if (headers.has("Date")) renewed.set("Date", headers.get("Date"));
      await this.#write(url, await kept.arrayBuffer(), renewed);
      index.delete(url);
      index.set(url, { ...entry, at: this.#clock() });
      return true;
    });
  }

  /** An answer out of the cache if it may still be shown, else null. */
  usable(response) {
    const at = Date.parse(response?.headers.get(FROM_DEVICE) ?? "");
    return this.#clock() - at < this.#age ? response : null;
  }

  async find(url) {
    return (await (await this.#open()).match(url)) ?? null;
  }

  wipe() {
    this.life += 1;
    return this.#inTurn(async () => {
      this.#index = null;
      this.#refused.clear();
      await this.#storage.delete(this.#name);
    });
  }

  #inTurn(work) {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #open() {
    return this.#storage.open(this.#name);
  }

  async #read() {
    if (this.#index) return this.#index;
    const cache = await this.#open();
    const rows = await Promise.all((await cache.keys()).map(async ({ url }) => {
      const { headers } = await cache.match(url);
      return [url, { at: Date.parse(headers.get(FROM_DEVICE)), bytes: Number(headers.get("Content-Length")), etag: headers.get("ETag") }];
    }));
    this.#index = new Map(rows.sort(([, a], [, b]) => a.at - b.at));
    return this.#index;
  }

  // The body is unpacked by now, and one answer per address is enough, whatever it varies with.
  async #write(url, body, given) {
    const headers = new Headers(given);
    for (const name of ["Content-Encoding", "Vary"]) headers.delete(name);
    headers.set("Content-Length", body.byteLength);
    headers.set(FROM_DEVICE, new Date(this.#clock()).toISOString());
    try {
      await (await this.#open()).put(url, new Response(body, { headers }));
    } catch (error) {
      this.#refused.add(url);
      throw error;
    }
  }

  async #makeRoom() {
    const index = await this.#read();
    let bytes = [...index.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const [url, entry] of [...index]) {
      const tooOld = this.#clock() - entry.at >= this.#age;
      if (!tooOld && index.size <= this.#entries && bytes <= this.#bytes) break;
      if (this.#stays(url) && !tooOld) continue;
      bytes -= entry.bytes;
      await this.#remove(url);
    }
  }

  async #remove(url) {
    (await this.#read()).delete(url);
    await (await this.#open()).delete(url);
  }
}
