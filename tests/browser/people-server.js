// SPDX-License-Identifier: Apache-2.0
// The server's part of issue 4, as its contract has it, for as long as it is written on another branch: answers to
// /api/login, /api/logout, /api/me…, /api/users… and /api/audit, per browser context; everything else goes to the real
// stack, but only with a session. To test against the real one, signIn() is all that has to be written anew: make the
// accounts of PEOPLE, log in through POST /api/login with context.request, and drop the rest of this file.
import assert from "node:assert/strict";

// The API key that tests/stack.py gives to an admin: whom the real stack takes everybody for.
export const MACHINE = { authorization: `Bearer sdk_00000000_${"0".repeat(43)}` };

export const ROLES = ["viewer", "clerk", "supervisor", "manager", "admin"];
const NAMES = { viewer: "Vusi Maseko", clerk: "Nomsa Dlamini", supervisor: "Sipho van Wyk", manager: "Maria Fernandes", admin: "Thandi Nkosi" };
const PASSWORDS = { viewer: "quay-wall-viewer", clerk: "quay-wall-clerk", supervisor: "quay-wall-supervisor", manager: "quay-wall-manager", admin: "quay-wall-admin" };

// One account of each role, which cases log in with.
export const PEOPLE = Object.fromEntries(ROLES.map((role) => [role, { username: `${role}.one`, display_name: NAMES[role], role, password: PASSWORDS[role] }]));

// Logs the context in; role null: answers, but nobody is logged in.
export async function signIn(context, baseURL, role) {
  const server = standIn(context, baseURL);
  await context.route(/\/api\//, server.handle);
  if (role) await server.logIn(PEOPLE[role].username);
}

const FIRST = ["Lerato", "Pieter", "Ayanda", "João", "Fatima", "Johan", "Zanele", "Carlos", "Naledi", "Willem", "Amina", "Bongani", "Chipo"];
const LAST = ["Mokoena", "Botha", "Zulu", "da Silva", "Patel"];
const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";
const ago = (minutes) => new Date(Date.now() - minutes * 60000).toISOString();

function problem(status, type, detail, errors = []) {
  return { status, json: { type: `urn:stevedores:problem:${type}`, title: type, status, detail, errors } };
}
const invalid = (field, detail, status = 400, type = "invalid") => problem(status, type, "See the fields in errors.", [{ field, detail }]);
const gone = () => problem(404, "not-found", "There is nothing under this id.");

function standIn(context, baseURL) {
  let serial = 100;
  const users = ROLES.map((role, index) => ({ ...PEOPLE[role], id: index + 1, status: "active", created_at: ago(90000), last_login_at: null }));
  for (const first of FIRST) {
    for (const last of LAST) {
      const id = (serial += 1);
      const username = `${first}.${last}`.toLowerCase().normalize("NFD").replace(/[^a-z.]/g, "");
      users.push({ id, username, display_name: `${first} ${last}`, role: id % 7 === 0 ? "supervisor" : id % 3 === 0 ? "viewer" : "clerk", status: id % 11 === 0 ? "disabled" : "active", password: "x", created_at: ago(id * 700), last_login_at: id % 4 === 0 ? null : ago((id - 100) * 37) });
    }
  }
  let sessions = [];
  let keys = [];
  const audit = auditRows();

  function openSession(user, over = {}) {
    const session = { id: (serial += 1), token: `t${Math.random()}`, user, created_at: ago(0), last_used_at: ago(0), address: "127.0.0.1", user_agent: AGENT, ...over };
    sessions.push(session);
    user.last_login_at = session.created_at;
    return session;
  }

  async function logIn(username) {
    const user = users.find((item) => item.username === username);
    openSession(user, { created_at: ago(2900), last_used_at: ago(42), address: "10.20.0.31", user_agent: "Mozilla/5.0 (Linux; Android 14; SM-T570) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36" });
    openSession(user, { created_at: ago(7100), last_used_at: ago(200), address: "10.20.4.112", user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0" });
    keys.push({ id: (serial += 1), user, name: "Gate camera 3", prefix: "sdk_9fQ2xK", role: "viewer", created_at: ago(30000), last_used_at: ago(3), expires_at: null });
    await setCookie(openSession(user).token);
  }

  const setCookie = (value) => context.addCookies([{ name: "sid", value, url: baseURL, httpOnly: true, sameSite: "Lax" }]);

  const mine = (all, user) => all.filter((item) => item.user === user);
  const bare = ({ user, token, password, ...rest }) => rest;

  // [method, pattern, least role, answer(call)]
  const table = [
    ["GET", /^\/api\/me$/, "viewer", ({ user, session }) => ({ json: { data: { id: user.id, username: user.username, display_name: user.display_name, role: user.role, session_id: session.id } } })],
    ["POST", /^\/api\/logout$/, "viewer", ({ session }) => {
      sessions = sessions.filter((item) => item !== session);
      return { status: 204 };
    }],
    ["POST", /^\/api\/me\/password$/, "viewer", ({ user, session, body }) => {
      if (body.current !== user.password) return invalid("current", "is not your password");
      if (body.password.length < 10) return invalid("password", "must have at least 10 characters");
      user.password = body.password;
      sessions = sessions.filter((item) => item === session || item.user !== user);
      return { status: 204 };
    }],
    ["GET", /^\/api\/me\/sessions$/, "viewer", ({ user, session }) => ({ json: { data: mine(sessions, user).reverse().map((item) => ({ ...bare(item), current: item === session })) } })],
    ["DELETE", /^\/api\/me\/sessions$/, "viewer", ({ user, session }) => {
      sessions = sessions.filter((item) => item === session || item.user !== user);
      return { status: 204 };
    }],
    ["DELETE", /^\/api\/me\/sessions\/(\d+)$/, "viewer", ({ user, id }) => {
      const before = sessions.length;
      sessions = sessions.filter((item) => item.user !== user || item.id !== id);
      return sessions.length < before ? { status: 204 } : gone();
    }],
    ["GET", /^\/api\/me\/keys$/, "viewer", ({ user }) => ({ json: { data: mine(keys, user).map(bare) } })],
    ["POST", /^\/api\/me\/keys$/, "viewer", ({ user, body }) => {
      if (ROLES.indexOf(body.role) > ROLES.indexOf(user.role)) return invalid("role", `is above your own, which is ${user.role}`);
      const text = `sdk_${crypto.randomUUID().replaceAll("-", "")}abcdefghijk`;
      const key = { id: (serial += 1), user, name: body.name, prefix: text.slice(0, 10), role: body.role, created_at: ago(0), last_used_at: null, expires_at: body.expires_at ?? null };
      keys.push(key);
      return { status: 201, json: { data: { ...bare(key), key: text } } };
    }],
    ["DELETE", /^\/api\/me\/keys\/(\d+)$/, "viewer", ({ user, id }) => {
      const before = keys.length;
      keys = keys.filter((item) => item.user !== user || item.id !== id);
      return keys.length < before ? { status: 204 } : gone();
    }],
    ["GET", /^\/api\/users$/, "admin", ({ query }) => {
      const words = (query.get("q") ?? "").toLowerCase();
      const found = users.filter((user) => `${user.username} ${user.display_name}`.toLowerCase().includes(words)).sort((a, b) => (a.username < b.username ? -1 : 1));
      const perPage = Number(query.get("per_page") ?? 20);
      const page = Number(query.get("page") ?? 1);
      const pages = Math.ceil(found.length / perPage);
      return { json: { data: found.slice((page - 1) * perPage, page * perPage).map(bare), pagination: { page, per_page: perPage, total: found.length, pages, total_is: "exact", has_next: page < pages, has_prev: page > 1, next_cursor: null, prev_cursor: null } } };
    }],
    ["POST", /^\/api\/users$/, "admin", ({ body }) => {
      if (users.some((user) => user.username === body.username)) return invalid("username", "there is an account of this name already", 409, "conflict");
      if (body.password.length < 10) return invalid("password", "must have at least 10 characters");
      const user = { id: (serial += 1), ...body, status: "active", created_at: ago(0), last_login_at: null };
      users.push(user);
      return { status: 201, json: { data: bare(user) } };
    }],
    ["PATCH", /^\/api\/users\/(\d+)$/, "admin", ({ id, body }) => {
      const user = users.find((item) => item.id === id);
      if (!user) return gone();
      const next = { ...user, ...body };
      if (!users.some((item) => (item === user ? next : item).role === "admin" && (item === user ? next : item).status === "active")) {
        return invalid(body.role ? "role" : "status", "is the last active admin", 409, "conflict");
      }
      if (next.role !== user.role || next.status !== user.status) sessions = sessions.filter((item) => item.user !== user);
      Object.assign(user, body);
      return { json: { data: bare(user) } };
    }],
    ["POST", /^\/api\/users\/(\d+)\/password$/, "admin", ({ id, body }) => {
      const user = users.find((item) => item.id === id);
      if (!user) return gone();
      if (body.password.length < 10) return invalid("password", "must have at least 10 characters");
      user.password = body.password;
      sessions = sessions.filter((item) => item.user !== user);
      return { status: 204 };
    }],
    ["GET", /^\/api\/audit$/, "admin", ({ query, csv }) => {
      const one = (name) => query.get(name);
      if (one("object_id") && !one("object_type")) return invalid("object_id", "can only be used together with object_type");
      for (const name of ["at_from", "at_to"]) {
        if (one(name) && !/^\d{4}-\d\d-\d\dT.*Z$/.test(one(name))) return invalid(name, "is not a time");
      }
      const found = audit.filter((row) => ["actor", "action", "object_type", "object_id"].every((name) => !one(name) || row[name] === one(name))
        && (!one("at_from") || row.at >= one("at_from")) && (!one("at_to") || row.at < one("at_to")));
      if (csv) return { contentType: "text/csv; charset=utf-8", body: ["id,at,actor,action", ...found.map((row) => [row.id, row.at, row.actor, row.action].join())].join("\r\n") };
      const perPage = Number(one("per_page") ?? 20);
      const from = Number((one("cursor") ?? "c0").slice(1));
      const next = from + perPage < found.length ? `c${from + perPage}` : null;
      const prev = from > 0 ? `c${Math.max(0, from - perPage)}` : null;
      return { json: { data: found.slice(from, from + perPage), pagination: { page: 1, per_page: perPage, total: found.length, pages: Math.ceil(found.length / perPage), total_is: "exact", has_next: next !== null, has_prev: prev !== null, next_cursor: next, prev_cursor: prev } } };
    }],
  ];

  async function logInAnswer({ username, password }) {
    const user = users.find((item) => item.username === username.toLowerCase() && item.password === password && item.status === "active");
    if (!user) return problem(401, "bad-login", "The name or the password is wrong.");
    const session = openSession(user);
    await setCookie(session.token);
    return { json: { data: { id: user.id, username: user.username, display_name: user.display_name, role: user.role, session_id: session.id } } };
  }

  async function answer(request) {
    const { pathname, searchParams: query } = new URL(request.url());
    const method = request.method();
    const headers = await request.allHeaders();
    const body = request.postData() ? request.postDataJSON() : null;
    if (method === "POST" && pathname === "/api/login") return logInAnswer(body);
    const token = /(?:^|; )sid=([^;]+)/.exec(headers.cookie ?? "")?.[1];
    const session = sessions.find((item) => item.token === token);
    if (!session) return problem(401, "unauthenticated", "There is no valid session or API key with this request.");
    for (const [wanted, pattern, least, act] of table) {
      const match = method === wanted && pattern.exec(pathname);
      if (!match) continue;
      if (ROLES.indexOf(session.user.role) < ROLES.indexOf(least)) return problem(403, "denied", "Your role does not allow this.");
      return act({ user: session.user, session, body, query, id: Number(match[1]), csv: headers.accept === "text/csv" });
    }
    return null;
  }

  return {
    logIn,
    async handle(route) {
      try {
        const made = await answer(route.request());
        if (!made) await route.continue({ headers: { ...(await route.request().allHeaders()), ...MACHINE } });
        else await route.fulfill(made.status === 204 ? { status: 204 } : { contentType: made.status >= 400 ? "application/problem+json" : "application/json", ...made, body: made.body ?? JSON.stringify(made.json), json: undefined });
      } catch (error) {
        // The page was closed with the answer on its way.
        assert.match(String(error), /closed|disposed|already handled/i);
      }
    },
  };
}

// A trail of some days, with every kind of entry that the pages tell apart.
function auditRows() {
  const kinds = [
    (n) => ({ actor: "sipho.vanwyk", action: "update", object_type: "vessels", object_id: "7", before: { status: "berthed", operations_started_at: null }, after: { status: "operations_active", operations_started_at: ago(n * 97) } }),
    () => ({ actor: "nomsa.dlamini", via: "session", address: "10.20.0.31", action: "create", object_type: "cargo_tallies", object_id: crypto.randomUUID(), before: null, after: { vessel_id: 7, tally_type: "discharged", cargo_type: "automobile", count: 42, location: "Deck 3", shift: "morning", tallied_by: "Nomsa Dlamini", note: null, user_id: 2 } }),
    () => ({ actor: "nomsa.dlamini", action: "login", object_type: "sessions", object_id: "812", via: "login", before: null, after: null }),
    () => ({ actor: "(unknown)", via: "login", address: "185.220.101.4", action: "login_failed", object_type: "users", object_id: "-", before: null, after: null }),
    () => ({ actor: "thandi.nkosi", action: "update", object_type: "users", object_id: "118", before: { role: "clerk", status: "active" }, after: { role: "supervisor", status: "active" } }),
    () => ({ actor: "gate-camera", via: "key", action: "update", object_type: "vessels", object_id: "12", before: { eta: ago(-600), cargo_capacity: { automobile: 900, van: 40 } }, after: { eta: ago(-780), cargo_capacity: { automobile: 1200, van: 40 } } }),
    () => ({ actor: "thandi.nkosi", action: "delete", object_type: "berths", object_id: "Q9", before: { name: "Q9", length_m: 180 }, after: null }),
    () => ({ actor: "postgres", via: "sql", address: null, request_id: null, action: "update", object_type: "berths", object_id: "Q2", before: { length_m: 240 }, after: { length_m: 260 } }),
  ];
  return Array.from({ length: 60 }, (_, n) => ({ id: 9000 - n, at: ago(n * 97 + 4), actor_id: n, via: "session", address: "10.20.4.112", request_id: `5f0c${String(n).padStart(4, "0")}a91be2d4`, ...kinds[n % kinds.length](n) }));
}
