// SPDX-License-Identifier: Apache-2.0
// The people of the tests, who log in as anybody does, and the port's staff around them. All of them are made through
// the API, with the key that tests/stack.py gives to its admin.
import assert from "node:assert/strict";
import { request } from "playwright-core";

export const MACHINE = { authorization: `Bearer sdk_00000000_${"0".repeat(43)}` };

// One account of each role, which cases log in with. The admin is the one that the stack comes with, for there must be a
// last one.
export const PEOPLE = {
  viewer: { username: "vusi.maseko", display_name: "Vusi Maseko", role: "viewer", password: "quay-wall-viewer" },
  clerk: { username: "nomsa.dlamini", display_name: "Nomsa Dlamini", role: "clerk", password: "quay-wall-clerk" },
  supervisor: { username: "sipho.vanwyk", display_name: "Sipho van Wyk", role: "supervisor", password: "quay-wall-supervisor" },
  manager: { username: "maria.fernandes", display_name: "Maria Fernandes", role: "manager", password: "quay-wall-manager" },
  admin: { username: "admin", display_name: "Thandi Nkosi", role: "admin", password: "correct horse battery" },
};

const FIRST = ["Lerato", "Pieter", "Ayanda", "João", "Fatima", "Johan", "Zanele", "Carlos", "Naledi", "Willem", "Amina", "Bongani", "Chipo"];
const LAST = ["Mokoena", "Botha", "Zulu", "da Silva"];
const TABLET = "Mozilla/5.0 (Linux; Android 14; SM-T570) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36";
const OFFICE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0";

// Calls use(send) with send(method, path, data) to the server, which may be refused with one of the statuses in allowed.
async function asClient(baseURL, { headers, userAgent }, use) {
  const client = await request.newContext({ baseURL, extraHTTPHeaders: headers, userAgent });
  try {
    return await use(async (method, path, data, allowed = []) => {
      const response = await client.fetch(path, { method, data });
      assert.ok(response.ok() || allowed.includes(response.status()), `${method} ${path}: ${response.status()} ${await response.text()}`);
      return response.status() === 204 ? null : response.json();
    });
  } finally {
    await client.dispose();
  }
}

const asMachine = (baseURL, use) => asClient(baseURL, { headers: MACHINE }, use);
const credentials = ({ username, password }) => ({ username, password });

// Logs the context in as a role's person or as another; null: nobody is logged in.
export async function signIn(context, who) {
  if (!who) return;
  const response = await context.request.post("/api/login", { data: credentials(PEOPLE[who] ?? who) });
  assert.equal(response.status(), 200, await response.text());
}

// An account for one case, which may leave it in any state.
export async function addPerson(baseURL, role) {
  const person = { username: `${role}.${Date.now()}`, display_name: `Another ${role}`, role, password: `the first of a ${role}` };
  await asMachine(baseURL, (send) => send("POST", "/api/users", person));
  return person;
}

// Afterwards the person is logged in at an office's PC and on a tablet, and nowhere else.
export async function onTwoDevices(baseURL, person) {
  await asClient(baseURL, { userAgent: OFFICE }, async (send) => {
    await send("POST", "/api/login", credentials(person));
    await send("DELETE", "/api/me/sessions");
  });
  await asClient(baseURL, { userAgent: TABLET }, (send) => send("POST", "/api/login", credentials(person)));
}

// The accounts of PEOPLE, some pages of colleagues, and so of their trail; the clerk has two keys, one of them used.
export async function hire(baseURL) {
  await asMachine(baseURL, async (send) => {
    const { data: [admin] } = await send("GET", `/api/users?q=${PEOPLE.admin.username}&role=admin`);
    await send("PATCH", `/api/users/${admin.id}`, { display_name: PEOPLE.admin.display_name });
    for (const { role, ...person } of Object.values(PEOPLE)) {
      if (role !== "admin") await send("POST", "/api/users", { role, ...person }, [409]);
    }
    const staff = FIRST.flatMap((first) => LAST.map((last) => `${first} ${last}`));
    for (const [index, display_name] of staff.entries()) {
      const username = display_name.toLowerCase().replace(" ", ".").normalize("NFD").replace(/[^a-z.]/g, "");
      const { data } = await send("POST", "/api/users", { username, display_name, role: index % 3 === 1 ? "viewer" : "clerk", password: `${username} of the quay` }, [409]);
      if (!data) continue;          // from an earlier run
      if (index % 4 === 0) await asClient(baseURL, { userAgent: TABLET }, (its) => its("POST", "/api/login", { username, password: `${username} of the quay` }));
      if (index % 5 === 1) await send("PATCH", `/api/users/${data.id}`, { status: "disabled" });
      if (index % 3 === 0) await send("PATCH", `/api/users/${data.id}`, { role: "supervisor" });
    }
  });
  await asClient(baseURL, { userAgent: OFFICE }, async (send) => {
    await send("POST", "/api/login", credentials(PEOPLE.clerk));
    if ((await send("GET", "/api/me/keys")).data.length > 0) return;
    const { data: { key } } = await send("POST", "/api/me/keys", { name: "Gate camera 3", role: "viewer" });
    await send("POST", "/api/me/keys", { name: "Yard reports", role: "clerk", expires_at: new Date(Date.now() + 90 * 86400000).toISOString() });
    await asClient(baseURL, { headers: { authorization: `Bearer ${key}` } }, (its) => its("GET", "/api/dashboard"));
  });
}
