// SPDX-License-Identifier: Apache-2.0
// The lists of all boards: what they ask the server for, what survives a reload, and their forms.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { lists } from "../../src/web/js/lists.js";
import { paramsOf, sortsOf } from "../../src/web/js/list-state.js";
import { api, askAgain, asked, complaints, eventually, fits, shot, withPage } from "./stack.js";

const all = Object.values(lists);
const MARK = `of ${Date.now()}`;        // in the names of what these cases add
const rows = (page) => page.locator("tbody tr[data-row]");
const ids = (page) => rows(page).evaluateAll((found) => found.map((row) => row.dataset.row));
const query = (page) => new URL(page.url()).searchParams;
const closed = (page) => eventually(async () => (await page.locator("dialog").count()) === 0, "the dialogs are closed");
const quiet = (page) => page.locator('.list-page[data-state="ready"] > .panel:not([aria-busy])').waitFor();
const dialog = (page) => page.locator("dialog").last();
const button = (page, name) => dialog(page).getByRole("button", { name, exact: true });
const head = (page, name) => page.getByRole("columnheader", { name });
const write = (method, path, body) => api(path, { method, body: JSON.stringify(body) });
const serverIds = async (path) => (await api(path)).data.map(({ id }) => String(id));

async function choose(page, label, words, option) {
  const box = dialog(page).getByRole("combobox", { name: label });
  await box.fill(words);
  await dialog(page).getByRole("option", { name: option }).first().click();
}

test("the lists ask for what the API's description has, and within its limits", async () => {
  const { paths, components: { schemas } } = await api("/api/openapi.json");
  const named = ({ $ref }) => schemas[$ref.split("/").pop()];
  for (const list of all) {
    const parameters = Object.fromEntries(paths[list.api].get.parameters.filter(({ name }) => name).map((one) => [one.name, one]));
    for (const sort of sortsOf(list)) assert.ok(parameters.sort.schema.enum.includes(sort), `${list.name}: no order ${sort}`);
    assert.ok(parameters.sort.schema.enum.includes(list.sort), `${list.name}: no order ${list.sort}`);
    for (const filter of list.filters) {
      for (const name of paramsOf(filter)) {
        assert.ok(parameters[name], `${list.name}: no filter ${name}`);
        assert.deepEqual(filter.needs, parameters[name]["x-needs"], `${list.name}: what ${name} needs`);
        if (filter.kind === "days") assert.equal(parameters[name].schema.format, filter.of === "time" ? "date-time" : "date", `${list.name}: ${name}`);
        if (filter.kind === "choices") assert.ok(parameters[name].schema.items.enum, `${list.name}: ${name} has no choices`);
      }
    }
    assert.equal(Boolean(list.search), Boolean(parameters.q), `${list.name}: q`);
    const members = parameters.fields.schema.items.enum;
    for (const column of list.columns) for (const name of [column.name, column.id, column.of].filter(Boolean)) assert.ok(members.includes(name), `${list.name}: no column ${name}`);
    if (!list.form) continue;
    const change = named(paths[`${list.api}/{id}`].patch.requestBody.content["application/json"].schema);
    const input = named(paths[list.api].post.requestBody.content["application/json"].schema.oneOf[0]);
    for (const field of list.form.filter(({ sent }) => sent !== false)) {
      for (const [schema, only] of [[input, "edit"], [change, "create"]]) {
        if (field.only === only) continue;
        const is = schema.properties[field.name];
        assert.ok(is, `${list.name}: ${field.name} is not taken`);
        if (field.max && is.maxLength) assert.equal(field.max, is.maxLength, `${list.name}: ${field.name}`);
        if (field.kind === "whole" && is.maximum < 1e9) assert.deepEqual([field.min, field.max], [is.minimum, is.maximum], `${list.name}: ${field.name}`);
      }
    }
    if (list.add?.href) continue;
    for (const name of input.required ?? []) assert.ok(list.form.find((field) => field.name === name)?.required, `${list.name}: ${name} must be asked for`);
  }
});

for (const list of all) {
  test(`${list.path} at three widths`, async () => {
    for (const width of [360, 768, 1920]) {
      await withPage({ at: list.path, width, height: width === 360 ? 740 : 1000 }, async (page) => {
        await rows(page).first().waitFor();
        assert.deepEqual(await ids(page), await serverIds(`${list.api}?sort=${list.sort}`));
        assert.equal(await page.locator('.subnav [aria-current="page"]').textContent(), await page.locator("h1").textContent());
        await shot(page, `list-${list.name}-${width}`);
        await fits(page);
        if (width !== 768) assert.deepEqual(await complaints(page), []);
        const small = await page.locator(".list-page .button, .list-page .chip, .subnav a").evaluateAll((found) => found.map((node) => node.getBoundingClientRect())
          .filter(({ height, width: wide }) => height > 0 && (height < 47.5 || wide < 47.5)).length);
        assert.equal(small, 0, "something to press is smaller than 48 px");
      });
    }
  });
}

test("order, filters, search, columns and page are in the address: a reload and the way back show the same", async () => {
  await withPage({ at: "/labour/jobs" }, async (page) => {
    await rows(page).first().waitFor();
    await page.getByRole("combobox", { name: "Rows on a page" }).selectOption("50");
    await eventually(async () => (await ids(page)).length === 50, "there are 50 rows");
    await head(page, "Job").getByRole("link").click();
    await quiet(page);
    assert.equal(await head(page, "Job").getAttribute("aria-sort"), "ascending");
    assert.deepEqual(await ids(page), await serverIds("/api/jobs?sort=title&per_page=50"));
    await head(page, "Job").getByRole("link").click();
    await eventually(async () => (await head(page, "Job").getAttribute("aria-sort")) === "descending", "the second click turns the order over");
    await page.getByRole("checkbox", { name: "Open", exact: true }).check({ force: true });
    await page.getByRole("checkbox", { name: "Filled", exact: true }).check({ force: true });
    await page.getByRole("searchbox", { name: "Search" }).fill("gang");
    await eventually(() => query(page).get("q") === "gang", "the search is in the address");
    await page.locator(".columns summary").click();
    await page.locator(".columns").getByLabel("Ends").check();
    await page.locator(".columns").getByLabel("Place", { exact: true }).uncheck();
    await page.keyboard.press("Escape");
    const wanted = await serverIds("/api/jobs?sort=-title&status=open,filled&q=gang&per_page=50");
    await eventually(async () => String(await ids(page)) === String(wanted), "the rows are those that were asked for");
    const columns = await page.locator("thead th").allTextContents();
    assert.ok(columns.includes("Ends") && !columns.includes("Place"), columns.join());
    const address = page.url();

    await page.reload();
    await rows(page).first().waitFor();
    assert.equal(page.url(), address);
    assert.deepEqual(await ids(page), wanted);
    assert.deepEqual(await page.locator("thead th").allTextContents(), columns);
    assert.ok(await page.getByRole("checkbox", { name: "Filled", exact: true }).isChecked());
    assert.equal(await page.getByRole("searchbox", { name: "Search" }).inputValue(), "gang");

    // The columns are this person's from now on, here and only here.
    await page.goto("/labour/jobs");
    await rows(page).first().waitFor();
    assert.deepEqual(await page.locator("thead th").allTextContents(), columns);
  });
});

test("the way back goes through what was asked for, one step at a time", async () => {
  await withPage({ at: "/delivery/projects" }, async (page) => {
    await rows(page).first().waitFor();
    const asksForProgram = asked(page);
    await head(page, "Priority").getByRole("link").click();
    await eventually(() => query(page).get("sort") === "priority,due_on", "the order is in the address");
    await page.getByRole("checkbox", { name: "Active", exact: true }).check({ force: true });
    await eventually(() => query(page).get("status") === "active", "the filter is in the address");
    await page.goBack();
    await quiet(page);
    assert.equal(query(page).get("status"), null);
    await eventually(async () => !(await page.getByRole("checkbox", { name: "Active", exact: true }).isChecked()), "the filter is off again");
    await page.goBack();
    await eventually(async () => (await head(page, "Due").getAttribute("aria-sort")) === "ascending", "the first order is back");
    await page.goForward();
    await eventually(async () => (await head(page, "Priority").getAttribute("aria-sort")) === "ascending", "forward leads on");
    assert.deepEqual(asksForProgram.filter((path) => !/^\/(api|assets)\//.test(path)), [], "the document was loaded anew");
  });
});

async function walk(page, by, pages = Infinity) {
  const seen = [await ids(page)];
  while (seen.length < pages && (await page.locator(`a[data-key="${by}"]`).count()) === 1) {
    const before = page.url();
    await page.locator(`a[data-key="${by}"]`).click();
    await eventually(async () => page.url() !== before && String(await ids(page)) !== String(seen.at(-1)), "another page is there");
    await quiet(page);
    seen.push(await ids(page));
  }
  return seen;
}

test("the pages of a list meet every row once", async () => {
  await withPage({ at: "/labour/payments?per_page=100" }, async (page) => {
    await rows(page).first().waitFor();
    const seen = (await walk(page, "next")).flat();
    const { pagination } = await api("/api/payments?per_page=1");
    assert.equal(seen.length, pagination.total);
    assert.equal(new Set(seen).size, pagination.total);
  });
});

test("further down pages are walked by cursor, there and back, and a reload stays", async () => {
  await withPage({ at: "/tallies?per_page=100&page=9" }, async (page) => {
    await rows(page).first().waitFor();
    const down = await walk(page, "next", 5);
    assert.equal(new Set(down.flat()).size, 500);
    assert.ok(query(page).get("cursor"), "page 13 was asked for by number");
    assert.match(await page.locator(".list-pager__where").textContent(), /^Page 13 of/);
    await page.reload();
    await rows(page).first().waitFor();
    assert.deepEqual(await ids(page), down[4]);
    assert.deepEqual((await walk(page, "previous", 5)).reverse(), down);
    assert.equal(query(page).get("page"), "9");
  });
});

test("a job: added with what it needs, changed, overtaken, opened and cancelled", async () => {
  const { data: [client] } = await api("/api/clients?status=active&sort=name&per_page=1");
  await withPage({ at: "/labour/jobs", as: "supervisor", allowTroubles: true }, async (page) => {
    await rows(page).first().waitFor();
    await page.getByRole("link", { name: "Draft a job" }).click();
    await button(page, "Save").click();
    assert.equal(await dialog(page).locator(".field__error:visible").count(), 5);
    await choose(page, "Client", client.name, client.name);
    await dialog(page).getByLabel("Title").fill(`Lashing ${MARK}`);
    await dialog(page).getByLabel("Starts").fill("2031-03-01T06:00");
    await dialog(page).getByLabel("Ends").fill("2031-03-01T05:00");
    await dialog(page).getByLabel("Rate per hour").fill("25,5");
    await dialog(page).getByLabel("Skills").fill("Lashing, crane");
    await button(page, "Save").click();
    await dialog(page).getByText("This is before it begins.").waitFor();
    await dialog(page).getByLabel("Ends").fill("2031-03-01T14:00");
    // The first answer is lost on its way, after the server has stored the row.
    let sent = 0;
    await page.route("**/api/jobs", async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      sent += 1;
      if (sent > 1) return route.fallback();
      await route.fetch();
      return route.abort("internetdisconnected");
    });
    await button(page, "Save").click();
    await closed(page);
    assert.equal(sent, 2);
    const found = (await api(`/api/jobs?q=${encodeURIComponent(MARK)}`)).data;
    assert.equal(found.length, 1, "stored once");
    const [job] = found;
    assert.deepEqual([job.client_id, job.rate_minor, job.currency, job.skills, job.status, job.places], [client.id, 2550, "EUR", ["lashing", "crane"], "draft", 1]);
    assert.equal(Date.parse(job.starts_at), Date.parse("2031-03-01T06:00Z"));

    await page.getByRole("searchbox", { name: "Search" }).fill(MARK);
    await rows(page).getByRole("link", { name: job.title }).click();
    await eventually(() => query(page).get("row") === String(job.id), "the row is in the address");
    await button(page, "Edit").click();
    await dialog(page).getByLabel("Place").fill("Shed 4");
    await dialog(page).getByLabel("Notes").fill("mine");
    await write("PATCH", `/api/jobs/${job.id}`, { place: "Berth 9", places: 3 });
    await button(page, "Save").click();
    await dialog(page).getByText("Changed by somebody else since you opened it:").waitFor();
    assert.match(await dialog(page).locator(".overtaken").textContent(), /Place–→Berth 9yours: Shed 4.*People needed1→3/);
    await shot(page, "list-overtaken-1280", false);
    assert.deepEqual(await complaints(page), []);
    assert.equal(await dialog(page).getByLabel("Place").inputValue(), "Shed 4");
    assert.equal(await dialog(page).getByLabel("People needed").inputValue(), "3");
    await button(page, "Save").click();
    await page.locator(".row-form").waitFor({ state: "detached" });
    const after = (await api(`/api/jobs/${job.id}`)).data;
    assert.deepEqual([after.place, after.places, after.notes], ["Shed 4", 3, "mine"], "theirs where only they changed it, mine where I decided");

    // Taking theirs leaves nothing of one's own.
    await button(page, "Edit").click();
    await dialog(page).getByLabel("Place").fill("Shed 5");
    await write("PATCH", `/api/jobs/${job.id}`, { place: "Berth 1" });
    await button(page, "Save").click();
    await button(page, "Take theirs").click();
    assert.equal(await dialog(page).getByLabel("Place").inputValue(), "Berth 1");
    await button(page, "Save").click();
    await page.locator(".row-form").waitFor({ state: "detached" });
    assert.equal((await api(`/api/jobs/${job.id}`)).data.place, "Berth 1");

    for (const [to, status] of [["Open", "open"], ["Cancelled", "cancelled"]]) {
      await page.locator(`.dialog--row [data-status="${status}"]`).click();
      await dialog(page).getByText("This can't be taken back.").waitFor();
      await button(page, to).click();
      await eventually(async () => (await api(`/api/jobs/${job.id}`)).data.status === status, `the job is ${status}`);
      await eventually(async () => (await page.locator("dialog").count()) === 1, "only the row is left");
    }
    assert.equal(await page.locator(".dialog--row [data-status]").count(), 0);
    await page.keyboard.press("Escape");
    await closed(page);
    await eventually(() => query(page).get("row") === null, "the address is the list's again");
    await eventually(async () => /Cancelled/.test(await rows(page).first().textContent()), "the list shows it");
  });
});

test("a contract: offered out of its job's list, accepted, worked, completed with its minutes", async () => {
  const { data: [client] } = await api("/api/clients?status=active&per_page=1");
  const { data: [worker] } = await api("/api/workers?availability=available&sort=name&per_page=1");
  const { data: job } = await write("POST", "/api/jobs", { client_id: client.id, title: `Hold cleaning ${MARK}`, starts_at: new Date(Date.now() - 7200000 - 4e8 * 8).toISOString(), ends_at: new Date(Date.now() - 4e8 * 8 + 3600000).toISOString(), rate_minor: 3000, currency: "EUR" });
  await write("PATCH", `/api/jobs/${job.id}`, { status: "open" });
  await withPage({ at: `/labour/jobs?row=${job.id}`, as: "supervisor", allowTroubles: true }, async (page) => {
    await dialog(page).getByRole("link", { name: "Contracts" }).click();
    await page.getByText("Nothing fits these filters.").waitFor();
    assert.equal(query(page).get("job_id"), String(job.id));
    await page.getByRole("link", { name: "Offer a place" }).click();
    await eventually(async () => (await dialog(page).getByRole("combobox", { name: "Job" }).inputValue()) === job.title, "the job is the list's");
    await choose(page, "Worker", worker.name, worker.name);
    await button(page, "Save").click();
    await closed(page);
    await rows(page).getByRole("link", { name: worker.name }).click();
    const [contract] = (await api(`/api/contracts?job_id=${job.id}`)).data;
    assert.deepEqual([contract.worker_id, contract.rate_minor, contract.status], [worker.id, 3000, "offered"]);
    for (const [to, status] of [["Accepted", "accepted"], ["Active", "active"]]) {
      await page.locator(`.dialog--row [data-status="${status}"]`).click();
      await button(page, to).click();
      await eventually(async () => (await api(`/api/contracts/${contract.id}`)).data.status === status, `the contract is ${status}`);
      await eventually(async () => (await page.locator("dialog").count()) === 1, "only the row is left");
    }
    await page.locator('.dialog--row [data-status="completed"]').click();
    await button(page, "Completed").click();
    await dialog(page).getByText("This is needed.").waitFor();
    await dialog(page).getByLabel("Minutes worked").fill("100000");
    await button(page, "Completed").click();
    // The server's rule, at its field.
    await dialog(page).locator(".field__error", { hasText: "Must be at most the time" }).waitFor();
    await dialog(page).getByLabel("Minutes worked").fill("150");
    await button(page, "Completed").click();
    await eventually(async () => (await api(`/api/contracts/${contract.id}`)).data.status === "completed", "the contract is completed");
    await eventually(async () => /€75\.00/.test(await page.locator('.dialog--row [data-name="earned_minor"]').textContent()), "what it earned is shown");
  });
});

test("a backlog item: by a clerk who may not delete it, and by a supervisor who may", async () => {
  const { data: [project] } = await api("/api/projects?status=active&per_page=1");
  const { data: [feature] } = await api(`/api/features?project_id=${project.id}&status=in_progress,proposed&per_page=1`);
  const title = `Check hatch covers ${MARK}`;
  await withPage({ at: `/delivery/backlog?project_id=${project.id}`, as: "clerk", width: 360, height: 740 }, async (page) => {
    await rows(page).first().waitFor();
    await page.getByRole("link", { name: "Add an item" }).click();
    await eventually(async () => (await dialog(page).getByRole("combobox", { name: "Project" }).inputValue()) === project.code, "the project is the list's");
    await choose(page, "Feature", feature.name, feature.name);
    await dialog(page).getByLabel("Title").fill(title);
    await dialog(page).getByLabel("Kind").selectOption("bug");
    await shot(page, "list-form-360", false);
    assert.deepEqual(await complaints(page), []);
    await button(page, "Save").click();
    await closed(page);
    await page.getByRole("searchbox", { name: "Search" }).fill(title);
    await rows(page).getByRole("link", { name: title }).click();
    await button(page, "Edit").waitFor();
    assert.equal(await button(page, "Delete").count(), 0);
    await page.locator('.dialog--row [data-status="in_progress"]').click();
    await button(page, "In progress").click();
    await eventually(async () => /In progress/.test(await page.locator('.dialog--row [data-name="status"]').textContent()), "the item has moved");
    await shot(page, "list-row-360", false);
    await fits(page);
  });
  const [item] = (await api(`/api/backlog?q=${encodeURIComponent(title)}`)).data;
  assert.deepEqual([item.project_id, item.feature_id, item.kind, item.status], [project.id, feature.id, "bug", "in_progress"]);
  await withPage({ at: `/delivery/backlog?q=${encodeURIComponent(title)}&row=${item.id}`, as: "supervisor" }, async (page) => {
    await button(page, "Delete").click();
    await button(page, "Cancel").click();
    await button(page, "Delete").click();
    await button(page, "Delete").click();
    await closed(page);
    await page.getByText("Nothing fits these filters.").waitFor();
    assert.equal(query(page).get("row"), null);
  });
  assert.equal((await api(`/api/backlog?q=${encodeURIComponent(title)}`)).data.length, 0);
});

test("a vessel's line is changed from the list", async () => {
  const { data: [vessel] } = await api("/api/vessels?status=expected&per_page=1");
  await withPage({ at: "/vessels?status=expected", as: "supervisor" }, async (page) => {
    await page.getByRole("link", { name: `Edit ${vessel.name}`, exact: true }).first().click();
    await button(page, "Edit").click();
    await dialog(page).getByLabel("Line").fill(`Line ${MARK}`);
    await button(page, "Save").click();
    await page.locator(".row-form").waitFor({ state: "detached" });
    const { data } = await api(`/api/vessels/${query(page).get("row")}`);
    assert.equal(data.line, `Line ${MARK}`);
    assert.deepEqual([Date.parse(data.eta), data.version], [Date.parse(vessel.eta), vessel.version + 1]);
  });
});

test("roles: who may not add or change sees no button for it, and who may not see gets no list", async () => {
  await withPage({ at: "/labour/jobs?row=1", as: "viewer" }, async (page) => {
    await page.locator(".row-view__facts").waitFor();
    assert.equal(await page.locator('a[data-key="add"], dialog .button--primary, dialog [data-status]').count(), 0);
    assert.equal(await page.locator('.subnav a[href="/labour/contracts"], .subnav a[href="/labour/payments"], .row-view__related a').count(), 0);
  });
  await withPage({ at: "/labour/jobs?row=new", as: "viewer" }, async (page) => {
    await rows(page).first().waitFor();
    assert.equal(await page.locator("dialog").count(), 0);
  });
  for (const [path, role] of [["/labour/contracts", "clerk"], ["/labour/payments", "supervisor"]]) {
    await withPage({ at: path, as: role }, async (page) => {
      await page.getByRole("heading", { name: "This page is not for your role" }).waitFor();
      const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
      assert.deepEqual(loaded.filter((name) => /api\/(contracts|payments)/.test(name)), []);
    });
  }
  await withPage({ at: "/labour/payments", as: "manager" }, async (page) => assert.equal(await page.locator('a[data-key="add"]').count(), 1));
});

test("nothing found, nothing understood, no answer, and an answer that is getting old", async () => {
  await withPage({ at: "/labour/clients?q=zzzzzz", allowTroubles: true }, async (page) => {
    await page.getByText("Nothing fits these filters.").waitFor();
    await shot(page, "list-empty-1280", false);
    assert.deepEqual(await complaints(page), []);
    await page.getByRole("link", { name: "Clear filters" }).click();
    await rows(page).first().waitFor();
    assert.equal(page.url().split("?")[1], undefined);

    await page.route("**/api/clients?*", (route) => route.abort("internetdisconnected"));
    await askAgain(page);
    await page.locator('.freshness[data-state="stale"]').waitFor();
    assert.ok(await rows(page).count() > 0, "what was there has gone");
    await page.locator(".columns summary").click();
    await page.locator(".columns").getByLabel("Notes").check();
    await head(page, "Notes").waitFor();
    // Another question has no answer to show.
    await page.getByRole("checkbox", { name: "Inactive" }).check({ force: true });
    await page.locator(".list__empty").getByText("No answer from the server.").waitFor();
    assert.equal(await rows(page).count(), 0);
    await shot(page, "list-away-1280", false);
    assert.deepEqual(await complaints(page), []);
    await page.unroute("**/api/clients?*");
    await page.getByRole("button", { name: "Try again" }).click();
    await eventually(async () => (await rows(page).count()) > 0, "the rows are there again");
    assert.ok((await rows(page).allTextContents()).every((text) => text.includes("Inactive")));
  });
  await withPage({ at: null, allowTroubles: true }, async (page) => {
    await page.goto("/labour/jobs?status=nonsense");
    await page.locator('.list-page[data-state="error"]').waitFor();
    assert.match(await page.locator(".list__empty").textContent(), /^Status: must be one of [^.]*\.Clear filters$/);
    await page.getByRole("link", { name: "Clear filters" }).click();
    await rows(page).first().waitFor();
  });
  await withPage({ at: null }, async (page) => {
    let answer = () => {};
    await page.route("**/api/workers?*", async (route) => { await new Promise((resolve) => { answer = resolve; }); await route.fallback(); });
    await page.goto("/labour/workers");
    await page.locator(".list__body .skeleton").first().waitFor();
    await shot(page, "list-loading-1280", false);
    answer();
    await rows(page).first().waitFor();
    assert.equal(await page.locator(".skeleton").count(), 0);
  });
});

test("what a colleague adds shows up, and keeps the focus where it is", async () => {
  await withPage({ at: "/labour/clients?sort=-created_at" }, async (page) => {
    await rows(page).first().waitFor();
    await page.locator('[data-key="sort-name"]').focus();
    const { data } = await write("POST", "/api/clients", { name: `Harbour Hands ${MARK}` });
    await eventually(async () => (await ids(page))[0] === String(data.id), "the new row is on top", 30000);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.key), "sort-name");
  });
});

test("the download has the rows that are filtered, and says how it goes on", async () => {
  await withPage({ at: "/tallies?columns=count" }, async (page) => {
    await rows(page).first().waitFor();
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download CSV" }).click();
    const text = await readFile(await (await coming).path(), "utf8");
    const { pagination } = await api("/api/tallies?per_page=1");
    assert.equal(text.trim().split(/\r?\n/).length - 1, pagination.total);
    await page.getByRole("button", { name: "Download CSV" }).waitFor();
  });
});

test("by keyboard alone: order, a row, its form, a choice", async () => {
  await withPage({ at: "/labour/jobs?status=draft" }, async (page) => {
    await rows(page).first().waitFor();
    await page.locator('[data-key="sort-title"]').focus();
    await page.keyboard.press("Enter");
    await eventually(() => query(page).get("sort") === "title", "Enter sorts");
    await quiet(page);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.key), "sort-title");
    await rows(page).first().getByRole("link").first().focus();
    await page.keyboard.press("Enter");
    await button(page, "Edit").waitFor();
    await button(page, "Edit").focus();
    await page.keyboard.press("Enter");
    const box = dialog(page).getByRole("combobox", { name: "Client" });
    await box.waitFor();
    const before = await eventually(async () => { const value = await box.inputValue(); return !value.startsWith("№") && value; }, "the client has its name");
    await box.focus();
    await page.keyboard.press("ArrowDown");
    await dialog(page).getByRole("option").nth(2).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    const marked = await dialog(page).getByRole("option", { selected: true }).getAttribute("id");
    assert.equal(await box.getAttribute("aria-activedescendant"), marked);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("dialog").count(), 2, "Escape closed more than the choices");
    await box.fill("nobody");
    await page.keyboard.press("Tab");
    assert.equal(await box.inputValue(), before, "what was not chosen stays");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await closed(page);
  });
});

for (const [language, title, back] of [["de", "Einsätze", "Filter zurücksetzen"], ["es", "Trabajos", "Quitar los filtros"]]) {
  test(`a list, a row and its form in the language ${language}, which are no wider for it`, async () => {
    await withPage({ at: null, width: 360, height: 740 }, async (page) => {
      await page.addInitScript((chosen) => localStorage.setItem("stevedores.language", chosen), language);
      await page.goto("/labour/jobs?status=open");
      await rows(page).first().waitFor();
      assert.equal(await page.locator("h1").textContent(), title);
      await fits(page);
      await shot(page, `list-jobs-${language}-360`, false);
      await rows(page).first().getByRole("link").first().click();
      await dialog(page).locator('[data-key="edit"]').click();
      await dialog(page).locator(".row-form").waitFor();
      await fits(page);
      await page.goto("/labour/jobs?q=zzzzzz");
      await page.getByRole("link", { name: back }).waitFor();
    });
  });
}
