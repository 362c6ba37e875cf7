// SPDX-License-Identifier: Apache-2.0
// The list pages of all boards. A declaration says
//   name, api, path       the resource as /api/meta and the API call it, and the page's own address
//   title, about, one     what the page and one of its rows are called; a list without `one` shows no single row
//   search, sort          what the search looks at, where there is one; the order at first
//   rights                what the person must be allowed to (roles.js) for add, edit, remove
//   add                   {label} of the button, with {href} where a page of its own adds
//   moves, moveFields     the name in /api/meta's moves; which fields a status must have along with it
//   pageOf(row)           the page that the row's name leads to, instead of the row's dialog
//   columns               {name, label, kind, sort, shown, …}: kinds are those of list-cells.js, the first is the row's name
//   filters               {kind, name, label, first, needs, …}: kinds are those of list-filters.js; first: always in sight
//   form                  {name, label, kind, required, only, …}: kinds are those of form-fields.js
//   related               {label, path, by, needs}: lists of what belongs to a row
// test/lists.test.js checks them against each other, tests/browser/lists-cases.js against the API's description.
import * as delivery from "./list-delivery.js";
import * as labour from "./list-labour.js";
import * as port from "./list-port.js";
import { listPage } from "./list-page.js";

export const lists = { ...port, ...labour, ...delivery };

export const listPages = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, listPage(list)]));
