// SPDX-License-Identifier: Apache-2.0
// The boards that this client has pages for. GET /api/meta says which of them are on; the first of those is the home page.

const BOARDS = [
  { name: "port", page: "dashboard", path: "/", label: "Port", title: "Port operations" },
  { name: "labour", page: "labour", path: "/labour", label: "Labour", title: "Labour hire" },
  { name: "delivery", page: "delivery", path: "/delivery", label: "Delivery", title: "Project delivery" },
];
const OF_PAGE = { ...Object.fromEntries(BOARDS.map(({ page, name }) => [page, name])), vessel: "port", tally: "port" };

/** Those of names that are known here, in the order in which they are offered. */
export const boardsOn = (names) => BOARDS.filter(({ name }) => names.includes(name))
  .map((board, index) => (index === 0 ? { ...board, path: "/" } : board));

/** The board that a page belongs to; undefined for pages that every deployment has. */
export const boardOfPage = (page) => (Object.hasOwn(OF_PAGE, page) ? OF_PAGE[page] : undefined);

/** The route with the page that it means here: "home" is the first board's, and a page of a board that is off isn't there. */
export function resolve(route, boards) {
  if (route.page === "home") return { ...route, page: boards[0]?.page ?? "not-found" };
  const board = boardOfPage(route.page);
  return board === undefined || boards.some(({ name }) => name === board) ? route : { ...route, page: "not-found" };
}
