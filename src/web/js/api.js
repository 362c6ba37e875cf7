// SPDX-License-Identifier: Apache-2.0
// Talks to the server: JSON in, JSON out, and every failure as one kind of error, in the words of the page.
import { FROM_DEVICE } from "./seen-cache.js";
import { fieldWord } from "./field-words.js";
import { inWords } from "./server-words.js";
import { t } from "./texts.js";

const TIMEOUT = 10000;
const EXPORT_TIMEOUT = 120000;
const BAD_LOGIN = "urn:stevedores:problem:bad-login";

// status 0 means that no answer came: whether the request was carried out is not known.
export class ApiError extends Error {
  constructor(status, problem = {}, retryAfter = null) {
    const fields = Array.isArray(problem.errors) ? problem.errors : [];
    super(saidOf(problem, fields) || (status ? t("The server answered {status}", { status }) : t("No answer from the server")));
    this.name = "ApiError";
    this.status = status;
    this.type = typeof problem.type === "string" ? problem.type : "";
    this.fields = fields.map(({ field, detail, ...rest }) => ({ field, detail: inWords(detail), ...rest }));
    this.current = problem.current ?? null;     // of a 412: the row as it is by now
    this.retryAfter = retryAfter;       // seconds that the server asks to wait, or null
  }

  // The request may have been carried out, or could be later on: sending it again is right, giving up is not.
  get unsettled() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

// Without a text of its own, a problem repeats what is wrong with its first field.
function saidOf({ detail, title }, [first]) {
  if (first && detail === `${first.field}: ${first.detail}`) return `${fieldWord(first.field)}: ${inWords(first.detail)}`;
  return inWords(detail || title || "");
}

// onLoggedOut is called when the server no longer knows who is asking; onAnswer whenever something was read, with when the
// answer was stored on this device if it comes from there, null if none came.
export function createApi({ fetch = globalThis.fetch.bind(globalThis), timeout = TIMEOUT, onLoggedOut = () => {}, onAnswer = () => {} } = {}) {
  let clockOffset = 0;
  let meta = null;

  async function request(method, path, { body, etag, seen, key, match, signal, onBytes, accept = "application/json", patience = timeout } = {}) {
    const headers = { Accept: accept };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (etag) headers["If-None-Match"] = etag;
    if (seen) headers["X-Seen-Versions"] = seen;
    if (key) headers["Idempotency-Key"] = key;
    if (match) headers["If-Match"] = match;

    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), patience);
    const giveUp = () => abort.abort();
    signal?.addEventListener("abort", giveUp, { once: true });
    if (signal?.aborted) giveUp();
    try {
      const response = await fetch(path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        // Our own ETags decide; the browser's cache would hide the 304.
        cache: "no-store",
        signal: abort.signal,
      });
      const onDevice = Date.parse(response.headers.get(FROM_DEVICE) ?? "") || undefined;
      noteClock(response.headers.get("Date"), onDevice);
      onAnswer(onDevice);
      const storedAt = onDevice ?? keptSince(response.headers);
      const more = { ...(storedAt && { storedAt }), ...changesWith(response.headers) };
      if (response.status === 304) return { status: 304, data: null, etag, ...more };
      const text = await (onBytes ? readCounting(response, onBytes) : response.text());
      if (!response.ok) throw new ApiError(response.status, parse(text), seconds(response.headers.get("Retry-After")));
      const data = response.status === 204 ? null : accept === "application/json" ? JSON.parse(text) : text;
      return { status: response.status, data, etag: response.headers.get("ETag"), ...more };
    } catch (error) {
      if (error instanceof ApiError && error.status === 401 && error.type !== BAD_LOGIN) onLoggedOut();
      if (!(error instanceof ApiError) && method === "GET" && !signal?.aborted) onAnswer(null);
      // A cut connection, a timeout and half a body are the same to the caller.
      throw error instanceof ApiError ? error : new ApiError(0);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  // A tablet's clock may be wrong by hours; the server's Date header says by how much.
  function noteClock(date, came = Date.now()) {
    const server = Date.parse(date ?? "");
    if (!Number.isFinite(server)) return;
    // The header counts whole seconds. A good clock is left alone, or times would jump back and forth by as much.
    const offset = server + 500 - came;
    if (Math.abs(offset - clockOffset) > 2000) clockOffset = offset;
  }

  return {
    now: () => Date.now() + clockOffset,
    get: (path, options) => request("GET", path, options),
    // key names the write, which is then done once however often it is sent; match is the ETag of the row as it was seen.
    post: (path, body, { key } = {}) => request("POST", path, { body, key }),
    patch: (path, body, { key, match } = {}) => request("PATCH", path, { body, key, match }),
    delete: (path, { key, match } = {}) => request("DELETE", path, { key, match }),
    // The text of an export; onBytes is told how many bytes have come.
    csv: async (path, onBytes) => (await request("GET", path, { accept: "text/csv", patience: EXPORT_TIMEOUT, onBytes })).data,
    // What the choices are changes with the program only, so it is asked for once.
    async meta() {
      meta ??= (await request("GET", "/api/meta")).data.data;
      return meta;
    },
  };
}

// The names of what the answer changes with, where the server tells of changes (server-events.js).
function changesWith(headers) {
  const names = headers.get("X-Changes-With");
  return names ? { tags: names.split(" ") } : null;
}

/** Since when the server has kept what it answers with while its database is away (RFC 9111: Warning 110, Age); else undefined. */
export const keptSince = (headers) => (/^110\b/.test(headers.get("Warning") ?? "") ? Date.now() - 1000 * (Number(headers.get("Age")) || 0) : undefined);

async function readCounting(response, onBytes) {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    onBytes(bytes += value.byteLength);
  }
}

const parse = (text) => {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};          // an error page of the web server
  }
};

// Only whole seconds; the server sends no dates.
const seconds = (header) => (/^\d{1,5}$/.test(header ?? "") ? Number(header) : null);
