// SPDX-License-Identifier: Apache-2.0
// Which page a path means. nginx hands out index.html for the same paths. "/" is the home of the first board that is on,
// which boards.js resolves.

const FIXED = {
  "/": "home", "/labour": "labour", "/delivery": "delivery", "/login": "login", "/account": "account", "/outbox": "outbox",
  "/admin/users": "users", "/admin/audit": "audit", "/admin/sessions": "sessions", "/admin/keys": "keys", "/admin/operations": "operations",
  "/vessels": "vessels", "/vessels/new": "vessel-new", "/tallies": "tallies", "/berths": "berths", "/wall": "wall",
  "/labour/clients": "clients", "/labour/workers": "workers", "/labour/jobs": "jobs", "/labour/contracts": "contracts", "/labour/payments": "payments",
  "/delivery/projects": "projects", "/delivery/features": "features", "/delivery/backlog": "backlog", "/delivery/resources": "resources",
  "/delivery/allocations": "allocations",
};

export function matchRoute(path) {
  if (Object.hasOwn(FIXED, path)) return { page: FIXED[path] };
  const vessel = /^\/vessels\/([1-9][0-9]{0,17})\/?$/.exec(path);
  const part = /^\/vessels\/([1-9][0-9]{0,17})\/(edit|report)$/.exec(path);
  if (part) return { page: part[2] === "edit" ? "vessel-edit" : "report", id: part[1] };
  if (vessel) return { page: "vessel", id: vessel[1] };
  const sheet = /^\/vessels\/([1-9][0-9]{0,17})\/tally$/.exec(path);
  if (sheet) return { page: "tally", id: sheet[1] };
  return { page: "not-found" };
}

export const vesselPath = (id) => `/vessels/${id}`;
export const sheetPath = (id) => `/vessels/${id}/tally`;
export const editPath = (id) => `/vessels/${id}/edit`;
export const reportPath = (id) => `/vessels/${id}/report`;

/** The login page that leads back to path. */
export const loginPath = (path) => (path === "/" ? "/login" : `/login?next=${encodeURIComponent(path)}`);

/**
 * Where to go after the login: the address that `next` names if it is one of our own pages, else the home page. The
 * address comes from a link that anybody can make, so what isn't known is not followed: "//other.host" least of all.
 */
export function pathAfterLogin(next, origin) {
  let url;
  try {
    url = new URL(next ?? "/", origin);
  } catch {
    return "/";
  }
  const { page } = matchRoute(url.pathname);
  return url.origin === origin && page !== "not-found" && page !== "login" ? url.pathname + url.search : "/";
}
