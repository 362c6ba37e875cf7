// SPDX-License-Identifier: Apache-2.0
// Which page a path means. nginx hands out index.html for the same paths.

export function matchRoute(path) {
  if (path === "/") return { page: "dashboard" };
  const vessel = /^\/vessels\/([1-9][0-9]{0,17})\/?$/.exec(path);
  if (vessel) return { page: "vessel", id: vessel[1] };
  return { page: "not-found" };
}

export const vesselPath = (id) => `/vessels/${id}`;
