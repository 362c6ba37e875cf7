// SPDX-License-Identifier: Apache-2.0
// The boards that this client has pages for. GET /api/meta says which of them are on; the first of those is the home page.
import { t } from "./texts.js";

const BOARDS = [
  { name: "port", page: "dashboard", path: "/", label: t("Port"), title: t("Port operations") },
  { name: "labour", page: "labour", path: "/labour", label: t("Labour"), title: t("Labour hire") },
  { name: "delivery", page: "delivery", path: "/delivery", label: t("Delivery"), title: t("Project delivery") },
];
// The pages of a board below its home that have a link there; needs names the right (roles.js) to see one.
const PAGES = {
  port: [
    { page: "vessels", path: "/vessels", label: t("Vessels") },
    { page: "berths", path: "/berths", label: t("Berth plan") },
    { page: "tallies", path: "/tallies", label: t("Tallies") },
  ],
  labour: [
    { page: "jobs", path: "/labour/jobs", label: t("Jobs") },
    { page: "clients", path: "/labour/clients", label: t("Clients") },
    { page: "workers", path: "/labour/workers", label: t("Workers") },
    { page: "contracts", path: "/labour/contracts", label: t("Contracts"), needs: "see-contracts" },
    { page: "payments", path: "/labour/payments", label: t("Payments"), needs: "see-money" },
  ],
  delivery: [
    { page: "projects", path: "/delivery/projects", label: t("Projects") },
    { page: "features", path: "/delivery/features", label: t("Features") },
    { page: "backlog", path: "/delivery/backlog", label: t("Backlog") },
    { page: "resources", path: "/delivery/resources", label: t("People") },
    { page: "allocations", path: "/delivery/allocations", label: t("Allocations") },
  ],
};
const OF_PAGE = {
  ...Object.fromEntries(BOARDS.map(({ page, name }) => [page, name])),
  ...Object.fromEntries(Object.entries(PAGES).flatMap(([board, pages]) => pages.map(({ page }) => [page, board]))),
  vessel: "port",
  tally: "port",
  "vessel-new": "port",
  "vessel-edit": "port",
  report: "port",
};

/** Those of names that are known here, in the order in which they are offered. */
export const boardsOn = (names) => BOARDS.filter(({ name }) => names.includes(name))
  .map((board, index) => (index === 0 ? { ...board, path: "/" } : board));

/** The board that a page belongs to; undefined for pages that every deployment has. */
export const boardOfPage = (page) => (Object.hasOwn(OF_PAGE, page) ? OF_PAGE[page] : undefined);

/** The pages of a board that have a link on all of them: its home first. */
export const pagesOfBoard = ({ name, page, path }) => [{ page, path, label: t("Dashboard") }, ...PAGES[name]];

/** The route with the page that it means here: "home" is the first board's, and a page of a board that is off isn't there. */
export function resolve(route, boards) {
  if (route.page === "home") return { ...route, page: boards[0]?.page ?? "not-found" };
  const board = boardOfPage(route.page);
  return board === undefined || boards.some(({ name }) => name === board) ? route : { ...route, page: "not-found" };
}
