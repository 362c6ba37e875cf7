// SPDX-License-Identifier: Apache-2.0
// What labour costs and what is owed for it: a block per currency, for different monies have no sum, and what is longest
// overdue.
import { dateIn, daysBetween } from "./calendar.js";
import { empty, section, skeleton } from "./section.js";
import { h } from "./dom.js";
import { money } from "./money.js";
import { plain } from "./words.js";
import { t, tn } from "./texts.js";

const contracts = (number) => tn(number, "{n} contract", "{n} contracts");
const payments = (number) => tn(number, "{n} payment", "{n} payments");
const FACTS = [
  ["cost_this_week", t("Cost this week"), contracts],
  ["paid_this_week", t("Paid this week"), payments],
  ["due", t("Due"), payments],
  ["approved", t("Approved"), payments],
  ["overdue", t("Overdue"), payments],
];

export function moneySection() {
  const body = h("div", { class: "panel__body" }, skeleton(3, "row"));
  return {
    node: section("money", t("Money"), body),
    update({ money: { currencies } }) {
      body.replaceChildren(currencies.length === 0 ? empty(t("Nothing was worked or paid this week, and nothing is owed."))
        : h("ul", { class: "currencies" }, currencies.map(currencyBlock)));
    },
  };
}

export function overdueSection() {
  const body = h("div", { class: "panel__body" }, skeleton(4, "row"));
  const node = section("overdue", t("Longest overdue"), body);
  node.firstChild.append(h("p", { class: "panel__aside" }, t("due or approved, past its day")));
  return {
    node,
    update({ money: { overdue, utc_today: today } }) {
      body.replaceChildren(overdue.length === 0 ? empty(t("No payment is overdue.")) : overdueTable(overdue, today));
    },
  };
}

function currencyBlock(row) {
  return h("li", { class: "currency", "data-currency": row.currency },
    h("span", { class: "currency__code" }, row.currency),
    h("dl", { class: "currency__facts" }, FACTS.map(([name, label, inWords]) => {
      const { count: number, minor } = row[name];
      return h("div", { "data-name": name, "data-zero": String(number === 0) },
        h("dt", null, label),
        h("dd", null, money(minor, row.currency, "narrow")),
        h("dd", { class: "currency__count" }, inWords(number)));
    })));
}

function overdueTable(overdue, today) {
  return h("table", { class: "table table--overdue" },
    h("thead", null, h("tr", null,
      h("th", { scope: "col" }, t("Payment")),
      h("th", { scope: "col" }, t("Was due")),
      h("th", { scope: "col", class: "num" }, t("Amount")))),
    h("tbody", null, overdue.map((payment) => h("tr", { "data-payment": payment.id },
      h("th", { scope: "row" }, payment.worker_name,
        h("span", { class: "table__sub" }, payment.client_name, payment.reference && h("span", { class: "overdue__ref" }, ` · ${payment.reference}`))),
      h("td", null, h("span", { class: "nowrap" }, dateIn(payment.due_on, today)),
        h("span", { class: "table__sub table__sub--bad" }, tn(daysBetween(payment.due_on, today), "{n} day late", "{n} days late"))),
      h("td", { class: "num nowrap" }, money(payment.amount_minor, payment.currency),
        h("span", { class: "table__sub" }, plain(payment.status)))))));
}
