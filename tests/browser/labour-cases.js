// SPDX-License-Identifier: Apache-2.0
// The labour board's home, and who sees its money.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answering, api, askAgain, asked, eventually, figure, number, shot, withPage } from "./stack.js";

// Written out here, so that the page's own way of writing it is not its judge.
const euros = (minor) => `${(minor / 100).toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ",")}`;

async function noMoney(page) {
  assert.equal(await page.locator(".panel--money, .panel--overdue, .currency").count(), 0);
  const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  assert.ok(loaded.some((name) => name.endsWith("/api/labour/dashboard")), `asked for ${loaded}`);
  assert.deepEqual(loaded.filter((name) => /money|payments/.test(name)), []);
}

test("the labour home shows what the API says", async () => {
  const data = await api("/api/labour/dashboard");
  assert.ok(data.jobs.open >= 5 && data.next_jobs.length >= 3 && data.fortnight.unfilled > 0, "the demo's labour is too empty to test with");
  await withPage({ at: "/labour", as: "viewer" }, async (page) => {
    const shown = Object.fromEntries(await Promise.all(["open_jobs", "unfilled", "fill_now", "fill_month", "hours", "available", "booked", "on_leave", "unavailable"]
      .map(async (name) => [name, number(await figure(page, name))])));
    assert.deepEqual(shown, {
      open_jobs: data.jobs.open, unfilled: data.fortnight.unfilled, fill_now: data.fill_rate.current.percent, fill_month: data.fill_rate.last_30_days.percent,
      hours: Math.round(data.hours.worked), ...data.workers,
    });
    assert.match(await page.locator('.figure[data-name="hours"] .figure__note').textContent(), new RegExp(`^of ${Math.round(data.hours.planned).toLocaleString("en")} planned$`));

    const jobs = await page.locator(".job").evaluateAll((rows) => rows.map((row) => ({
      id: Number(row.dataset.job), title: row.querySelector(".job__title").textContent, filled: row.querySelector(".job__filled > span").textContent,
      bar: Number(row.querySelector("[role=progressbar]").getAttribute("aria-valuenow")), skills: [...row.querySelectorAll(".skill")].map((item) => item.textContent),
      where: row.querySelector(".job__where > span").textContent,
    })));
    assert.deepEqual(jobs, data.next_jobs.map((job) => ({
      id: job.id, title: job.title, filled: `${job.filled} of ${job.places} filled`, bar: Math.floor((1000 * job.filled) / job.places) / 10, skills: job.skills,
      where: [job.client_name, job.place].filter(Boolean).join(" · "),
    })));
    assert.match(await page.locator(".job__at").first().textContent(), /\d\d:\d\d (in .+|has begun)/);

    await page.locator(".panel--places .chart canvas").waitFor();
    await page.getByText("Show as a table").click();
    const days = await page.locator(".panel--places tbody tr").evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll("td")].map((cell) => Number(cell.textContent))));
    assert.deepEqual(days, data.days.map((day) => [day.places - day.unfilled, day.unfilled]));
    await noMoney(page);
  });
});

test("a manager sees the money, and it is the API's", async () => {
  const data = await api("/api/labour/money");
  assert.ok(data.currencies.length >= 2 && data.overdue.length >= 3, "the demo has too little money to test with");
  await withPage({ at: "/labour", as: "manager" }, async (page) => {
    for (const row of data.currencies) {
      for (const name of ["cost_this_week", "paid_this_week", "due", "approved", "overdue"]) {
        const shown = page.locator(`.currency[data-currency="${row.currency}"] [data-name="${name}"] dd`);
        assert.equal((await shown.nth(0).textContent()).replace(/^[^\d]+/, ""), euros(row[name].minor), `${row.currency} ${name}`);
        assert.equal(number(await shown.nth(1).textContent()), row[name].count, `${row.currency} ${name}`);
      }
    }
    const overdue = await page.locator("[data-payment]").evaluateAll((rows) => rows.map((row) => [Number(row.dataset.payment), row.querySelector("td.num").firstChild.textContent.replace(/^[^\d]+/, "")]));
    assert.deepEqual(overdue, data.overdue.map((payment) => [payment.id, euros(payment.amount_minor)]));
    const late = Math.round((Date.parse(data.generated_at.slice(0, 10)) - Date.parse(data.overdue[0].due_on)) / 86400000);
    assert.equal(await page.locator("[data-payment] .table__sub--bad").first().textContent(), `${late} days late`);
    // Red, as the text says: not by a colour alone.
    const token = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--bad").trim());
    const colour = await page.locator('.currency [data-name="overdue"] dd').first().evaluate((node) => getComputedStyle(node).color);
    assert.equal(colour, `rgb(${[1, 3, 5].map((at) => parseInt(token.slice(at, at + 2), 16)).join(", ")})`);
  });
});

test("below manager there is no money, and it isn't asked for", async () => {
  await withPage({ at: "/", as: "supervisor" }, async (page) => {
    const addresses = asked(page);
    await page.getByRole("link", { name: "Labour", exact: true }).click();
    await page.locator(".dashboard--labour[data-state=ready]").waitFor();
    // Nor later on.
    await askAgain(page);
    await eventually(() => addresses.filter((at) => at === "/api/labour/dashboard").length >= 2, "the page asks again", 8000);
    await noMoney(page);
    assert.deepEqual(addresses.filter((at) => /money|payments/.test(at)), []);
  });
});

test("what another person writes shows within three seconds", async () => {
  const { data: [client] } = await api("/api/clients?status=active&per_page=1");
  const soon = (minutes) => new Date(Date.now() + minutes * 60000).toISOString();
  await withPage({ at: "/labour", as: "viewer" }, async (page) => {
    const before = number(await figure(page, "open_jobs"));
    const title = `Gangway watch ${Date.now()}`;
    const { data: job } = await api("/api/jobs", { method: "POST", body: JSON.stringify({ client_id: client.id, title, place: "Berth 2", starts_at: soon(25), ends_at: soon(300), places: 3, rate_minor: 2100, currency: "EUR", skills: ["mooring"] }) });
    try {
      await api(`/api/jobs/${job.id}`, { method: "PATCH", body: JSON.stringify({ status: "open" }) });
      await page.locator(".job").getByText(title).waitFor({ timeout: 3000 });
      assert.equal(number(await figure(page, "open_jobs")), before + 1);
      assert.match(await page.locator(`.job[data-job="${job.id}"] .job__at`).textContent(), /in 2\d min/);
    } finally {
      await api(`/api/jobs/${job.id}`, { method: "PATCH", body: JSON.stringify({ status: "cancelled" }) });
    }
  });
});

test("nothing to do is said in words", async () => {
  const board = await api("/api/labour/dashboard");
  const money = await api("/api/labour/money");
  await withPage({ at: "/account", as: "manager" }, async (page) => {
    await answering(page, "/api/labour/dashboard", { ...board, next_jobs: [], days: board.days.map((day) => ({ ...day, open_jobs: 0, places: 0, unfilled: 0 })), fortnight: { open_jobs: 0, places: 0, unfilled: 0 }, fill_rate: { current: { places: 0, filled: 0, percent: null }, last_30_days: { places: 0, filled: 0, percent: null } } });
    await answering(page, "/api/labour/money", { ...money, currencies: [], overdue: [] });
    await page.getByRole("link", { name: "Labour", exact: true }).click();
    await page.getByText("Every job that is coming up has its people.").waitFor();
    await page.getByText("Nothing was worked or paid this week, and nothing is owed.").waitFor();
    await page.getByText("No payment is overdue.").waitFor();
    assert.equal(await figure(page, "fill_now"), "–");
    await page.locator(".panel--places .chart canvas").waitFor();
    assert.match(await page.locator(".panel--places .chart").getAttribute("aria-label"), /None of them is unfilled/);
  });
});

test("the labour home says when it is stale, be it for the money alone, and when it never came", async () => {
  await withPage({ at: "/labour", as: "manager", allowTroubles: true }, async (page) => {
    const titles = await page.locator(".job__title").allTextContents();
    await page.route("**/api/labour/money", (route) => route.abort("internetdisconnected"));
    await askAgain(page);
    await page.locator(".freshness[data-state=stale]").waitFor();
    assert.match(await page.locator(".freshness__text").textContent(), /^Stale: figures are \d+ s old/);
    assert.match(await page.locator("#announce-assertive").textContent(), /does not answer/);
    assert.deepEqual(await page.locator(".job__title").allTextContents(), titles);
    await shot(page, "labour-stale", false);
    await page.unrouteAll();
    await page.getByRole("button", { name: "Try now" }).click();
    await page.locator(".freshness[data-state=live]").waitFor();

    await page.getByRole("link", { name: "Delivery", exact: true }).click();
    await page.locator(".dashboard--delivery[data-state=ready]").waitFor();
    await page.context().setOffline(true);
    await page.getByRole("link", { name: "Labour", exact: true }).click();
    await page.locator(".dashboard--money[data-state=error]").waitFor();
    assert.match(await page.locator(".freshness__text").textContent(), /^No answer from the server, trying again in/);
    assert.ok(await page.locator(".panel--jobs .skeleton").count() > 0);
    await page.context().setOffline(false);
    await page.locator(".dashboard--money[data-state=ready]").waitFor();
    assert.ok(await page.locator(".job").count() > 0);
  });
});
