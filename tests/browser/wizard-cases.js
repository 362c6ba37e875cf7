// SPDX-License-Identifier: Apache-2.0
// The vessel wizard: four steps by keyboard, drafts that outlive everything but being thrown away, documents of each kind,
// and refusals that lead back to the field.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { api, BASE, complaints, eventually, fits, shot, vessel, withPage } from "./stack.js";
import { addPerson } from "./people.js";

const DOCUMENTS = new URL("../../src/web/test/documents/", import.meta.url);
const document = (name) => readFileSync(new URL(name, DOCUMENTS));
const SIZES = [[360, 740], [768, 1024], [1920, 1080]];
const NEW = "/vessels/new";
let serial = 0;
// Names and IMO numbers that no other case has.
const fresh = () => {
  serial += 1;
  const digits = String(800000 + (Date.now() % 100000) + serial * 7).slice(-6);
  const sum = [...digits].reduce((all, digit, index) => all + Number(digit) * (7 - index), 0);
  return { name: `Wizard ${Date.now()}-${serial}`, imo: `${digits}${sum % 10}` };
};
const atStep = (page, title) => page.getByRole("heading", { level: 2, name: title }).waitFor();
const next = (page) => page.getByRole("button", { name: /^Next/ }).click();
const named = async (name) => (await api(`/api/vessels?q=${encodeURIComponent(name)}&count=none`)).data;
const fill = async (page, { name, imo = "" }) => {
  await page.locator("[data-field=name] input").fill(name);
  await page.locator("[data-field=imo] input").fill(imo);
  await page.locator("[data-field=vessel_type] select").selectOption("roro");
};
const toReview = async (page) => {
  for (const title of ["Cargo", "Operation", "Review"]) {
    await next(page);
    await atStep(page, title);
  }
};
const person = async () => addPerson(BASE, "supervisor");

async function type(page, label, text) {
  for (let presses = 0; presses < 90; presses += 1) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => [...(document.activeElement.labels ?? [])].map((node) => node.textContent).join() || document.activeElement.textContent);
    if (here.startsWith(label)) return text && page.keyboard.type(text);
  }
  return assert.fail(`${label} can't be reached with Tab`);
}

test("a vessel is announced by keyboard alone, with the focus on each step's heading", async () => {
  const ship = fresh();
  await withPage({ at: NEW, as: await person() }, async (page) => {
    await type(page, "Name", ship.name);
    await type(page, "IMO number", ship.imo);
    await type(page, "Type", "Ro");
    await type(page, "Next");
    await page.keyboard.press("Enter");
    await atStep(page, "Cargo");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Cargo");
    assert.match(await page.title(), /^Step 2 of 4: Cargo/);
    await type(page, "Cars", "120");
    await page.getByText("120 units in all").waitFor();
    await page.keyboard.press("Enter");
    await atStep(page, "Operation");
    await type(page, "Night");
    await page.keyboard.press("Space");
    await type(page, "Add a break");
    await page.keyboard.press("Enter");
    assert.match(await page.evaluate(() => document.activeElement.name), /^break-0-at/);
    await type(page, "Gangs");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await atStep(page, "Review");
    await type(page, "Announce the vessel");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/vessels\/\d+$/);
    await page.locator("#announce-polite", { hasText: `${ship.name} is announced.` }).waitFor({ state: "attached" });
    const [found] = await named(ship.name);
    assert.equal(found.imo, ship.imo);
    assert.deepEqual([found.cargo_capacity, found.shifts, found.breaks, found.gangs], [{ automobile: 120 }, ["morning", "afternoon"], { "10:00": 30 }, 2]);
    await page.goto(NEW);
    await atStep(page, "Vessel and berth");
    assert.equal(await page.getByText("Drafts on this device").count(), 0, "a draft is left of what was sent");
  });
});

test("what is wrong stands at its field and on its step, and nothing is sent", async () => {
  await withPage({ at: NEW, as: await person() }, async (page) => {
    await next(page);
    await page.getByText("A vessel needs a name.").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.name), "name");
    await fill(page, { name: "Wrong", imo: "9074728" });
    await page.getByLabel("Arrival, ETA").fill("2031-05-02T10:00");
    await page.getByLabel("Departure, ETD").fill("2031-05-01T10:00");
    await next(page);
    await page.getByText("The last digit does not fit the others").waitFor();
    await page.getByText("The departure must be after the arrival.").waitFor();
    assert.deepEqual(await complaints(page), []);
    // Straight to the end: the review says the same and leads back.
    await page.getByRole("link", { name: /Review/ }).click();
    await atStep(page, "Review");
    await page.getByRole("button", { name: "Announce the vessel" }).click();
    const trouble = page.locator(".wizard__trouble");
    await trouble.getByText("Something is missing or wrong.").waitFor();
    assert.equal(await page.locator(".wizard__step[data-wrong]").count(), 1);
    await trouble.getByRole("link", { name: "IMO number" }).click();
    await atStep(page, "Vessel and berth");
    assert.equal(await page.locator("[data-field=imo] input").inputValue(), "9074728");
    await page.locator("[data-field=imo] input").fill("9074729");
    assert.equal(await page.getByText("The last digit does not fit").count(), 0);
    assert.deepEqual(await named("Wrong"), []);
  });
});

test("steps are addresses: back, forward and reload keep what was typed", async () => {
  const ship = fresh();
  await withPage({ at: NEW, as: await person() }, async (page) => {
    await fill(page, ship);
    await next(page);
    await atStep(page, "Cargo");
    await page.getByLabel("Vans").fill("7");
    await page.goBack();
    await atStep(page, "Vessel and berth");
    assert.equal(await page.locator("[data-field=name] input").inputValue(), ship.name);
    await page.goForward();
    await atStep(page, "Cargo");
    assert.equal(await page.getByLabel("Vans").inputValue(), "7");
    await page.reload();
    await atStep(page, "Cargo");
    assert.equal(await page.getByLabel("Vans").inputValue(), "7");
  });
});

test("a draft outlives the tab, is its writer's alone, and is gone with the logout", async () => {
  const [ship, other] = [fresh(), fresh()];
  await withPage({ at: NEW, as: "supervisor" }, async (page) => {
    await fill(page, ship);
    // Killed, not closed: nothing runs on the way out.
    const context = page.context();
    const second = await context.newPage();
    await page.close({ runBeforeUnload: false });
    await second.goto(NEW);
    const drafts = second.locator(".drafts");
    await drafts.getByText(ship.name).waitFor();
    await fill(second, other);
    await second.reload();
    await second.goto(NEW);
    await drafts.getByText(other.name).waitFor();
    assert.equal(await drafts.locator(".drafts__item").count(), 2);
    assert.deepEqual(await complaints(second), []);
    await second.setViewportSize({ width: 360, height: 740 });
    await fits(second);
    await shot(second, "wizard-drafts-360");
    await drafts.getByRole("button", { name: `Throw away ${other.name}` }).click();
    assert.equal(await drafts.locator(".drafts__item").count(), 1);
    await drafts.getByRole("link", { name: `Go on with ${ship.name}` }).click();
    await eventually(async () => (await second.locator("[data-field=name] input").inputValue()) === ship.name, "the draft is open");
    const kept = () => second.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("vessel-draft")).length);
    assert.equal(await kept(), 1);
    await second.locator(".user-menu__button").click();
    await second.getByRole("button", { name: "Log out" }).click();
    await second.waitForURL("**/login");
    assert.equal(await kept(), 0);
  });
});

test("an answer that is lost is asked for again, and the vessel stored once", async () => {
  const ship = fresh();
  await withPage({ at: NEW, as: await person(), allowTroubles: true }, async (page) => {
    await fill(page, ship);
    await toReview(page);
    let lost = 0;
    const keys = new Set();
    await page.route((url) => url.pathname === "/api/vessels", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      keys.add(route.request().headers()["idempotency-key"]);
      if (lost > 0) return route.continue();
      lost += 1;
      await route.fetch();      // carried out; the answer never comes
      return route.abort();
    });
    await page.getByRole("button", { name: "Announce the vessel" }).click();
    await page.waitForURL(/\/vessels\/\d+$/);
    assert.equal(keys.size, 1);
    assert.equal((await named(ship.name)).length, 1);
  });
});

test("closed in the middle of sending, it is sent on when the draft is opened again", async () => {
  const ship = fresh();
  await withPage({ at: NEW, as: await person(), allowTroubles: true }, async (page) => {
    await fill(page, ship);
    await toReview(page);
    await page.route((url) => url.pathname === "/api/vessels", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      await route.fetch();
      return route.abort();
    });
    await page.getByRole("button", { name: "Announce the vessel" }).click();
    await page.getByText("No answer yet.").waitFor();
    const second = await page.context().newPage();
    await page.close({ runBeforeUnload: false });
    await second.goto(NEW);
    await second.locator(".drafts").getByText("being sent").waitFor();
    await second.getByRole("link", { name: `Go on with ${ship.name}` }).click();
    await second.waitForURL(/\/vessels\/\d+$/);
    assert.equal((await named(ship.name)).length, 1);
  });
});

test("a ship that is in port already is refused at its IMO number", async () => {
  const ship = fresh();
  await api("/api/vessels", { method: "POST", body: JSON.stringify({ ...ship, vessel_type: "roro" }) });
  await withPage({ at: NEW, as: await person(), allowTroubles: true }, async (page) => {
    await fill(page, { ...ship, name: "Twice" });
    await toReview(page);
    await page.getByRole("button", { name: "Announce the vessel" }).click();
    const trouble = page.locator(".wizard__trouble");
    await trouble.getByText(/a call already|schon|Already/i).waitFor();
    await trouble.getByRole("link", { name: "IMO number" }).click();
    await page.locator("[data-field=imo] .field__error").waitFor();
  });
});

test("the berth shows who lies there, and refuses a second vessel", async () => {
  const { berths, vessels } = await api("/api/dashboard");
  const taken = berths.find(({ vessel: lying }) => lying);
  const berthed = vessels.find(({ status, berth }) => status === "berthed" && berth !== taken.name) ?? vessels.find(({ status, berth }) => berth && berth !== taken.name && status === "operations_active");
  await withPage({ at: `/vessels/${berthed.id}/edit`, as: await person(), allowTroubles: true }, async (page) => {
    await page.getByLabel("Berth").selectOption(taken.name);
    await page.locator(".wizard__calls").getByText(taken.vessel.name).waitFor();
    await shot(page, "wizard-berth");
    await toReview(page);
    await page.getByRole("button", { name: "Save the changes" }).click();
    await page.locator(".wizard__trouble").getByRole("link", { name: "Berth" }).waitFor();
    assert.equal((await vessel(berthed.id)).berth, berthed.berth);
  });
});

test("two people on one vessel: what the other changed is taken over, what both changed is shown", async () => {
  const { data: row } = await api("/api/vessels", { method: "POST", body: JSON.stringify({ ...fresh(), vessel_type: "roro", gangs: 1, drivers: 5, cargo_capacity: { van: 3, truck: 2 } }) });
  await withPage({ at: `/vessels/${row.id}/edit?step=3`, as: await person(), allowTroubles: true }, async (page) => {
    await page.getByLabel("Gangs").fill("4");
    await page.getByRole("link", { name: /Cargo/ }).click();
    await page.getByLabel("Vans").fill("");
    await api(`/api/vessels/${row.id}`, { method: "PATCH", body: JSON.stringify({ gangs: 2, drivers: 9 }) });
    await page.getByRole("link", { name: /Review/ }).click();
    await page.getByRole("button", { name: "Save the changes" }).click();
    const notice = page.locator(".wizard__meanwhile");
    await notice.waitFor();
    await notice.getByText("Gangs: is 2 now; saving makes it 4").waitFor();
    await notice.getByText("Drivers: is 9 now").waitFor();
    assert.deepEqual(await complaints(page), []);
    await shot(page, "wizard-meanwhile");
    assert.equal((await vessel(row.id)).gangs, 2, "nothing is overwritten unasked");
    await page.getByRole("button", { name: "Save the changes" }).click();
    await page.waitForURL(new RegExp(`/vessels/${row.id}$`));
    const after = await vessel(row.id);
    assert.deepEqual([after.gangs, after.drivers, after.cargo_capacity], [4, 9, { truck: 2 }]);
  });
});

test("nothing is saved when nothing was changed, and who may not plan is told", async () => {
  const { vessels: [row] } = await api("/api/dashboard");
  await withPage({ at: `/vessels/${row.id}/edit?step=4`, as: await person() }, async (page) => {
    const { version } = await vessel(row.id);
    await page.getByRole("button", { name: "Save the changes" }).click();
    await page.getByText("Nothing was changed.").waitFor();
    assert.equal((await vessel(row.id)).version, version);
  });
  await withPage({ at: NEW, as: "clerk" }, async (page) => assert.equal(await page.locator(".wizard-page").count(), 0));
});

// --- documents ---

const choose = (page, name, mimeType, buffer) => page.locator("#document").setInputFiles({ name, mimeType, buffer });
const row = (page, field) => page.locator(`.document__table tr[data-value="${field}"]`);

test("a CSV fills in what the person takes, and nothing before", async () => {
  await withPage({ at: NEW, as: await person() }, async (page) => {
    await choose(page, "stowage.csv", "text/csv", document("stowage.csv"));
    await page.getByText("10 values were recognised").waitFor();
    assert.equal(await page.locator("[data-field=name] input").inputValue(), "", "taken unasked");
    assert.match(await row(page, "cargo.automobile").textContent(), /1,800.*3 lines, from line 9/s);
    assert.deepEqual(await complaints(page), []);
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await fits(page);
      await shot(page, `wizard-document-${width}`);
    }
    await row(page, "line").getByRole("checkbox").uncheck();
    await page.getByRole("button", { name: "Take what is ticked" }).click();
    await page.getByText("9 values were taken over.").first().waitFor();
    assert.equal(await page.locator("[data-field=name] input").inputValue(), "NORDIC HIGHWAY");
    assert.equal(await page.getByLabel("Arrival, ETA").inputValue(), "2026-12-04T06:30");
    assert.equal(await page.locator("[data-field=line] input").inputValue(), "");
    await page.locator("[data-field=vessel_type] select").selectOption("roro");
    await next(page);
    await page.getByText("1,931 units in all").waitFor();
  });
});

test("a text in German, where what is doubtful is not ticked", async () => {
  await withPage({ at: NEW, as: await person() }, async (page) => {
    await choose(page, "manifest.txt", "text/plain", document("manifest.txt"));
    await row(page, "name").locator("strong", { hasText: "Blauer Anker" }).waitFor();
    assert.equal(await row(page, "etd").getByRole("checkbox").isChecked(), false);
    await row(page, "etd").getByText("No time of day is given.").waitFor();
    assert.equal(await row(page, "eta").getByRole("checkbox").isChecked(), true);
    await page.getByText("1 line was not understood").click();
    await page.getByRole("button", { name: "Take nothing" }).click();
    assert.equal(await page.locator(".document__table").count(), 0);
    assert.equal(await page.locator("[data-field=name] input").inputValue(), "");
  });
});

test("a PDF is read in the browser, dropped or chosen, and sent nowhere", async () => {
  await withPage({ at: NEW, as: await person() }, async (page) => {
    const maker = await page.context().newPage();
    await maker.setContent(`<h1>Stowage plan</h1><p>Vessel: EMBER SPIRIT&emsp;&emsp;&emsp;IMO: 9176187</p><p>ETA: 4 Dec 2026 06:30 LT</p><p>ETD: 05/06/2026 18:00</p>
      <table cellpadding="6"><tr><th>Deck<th>Commodity<th>Units<th>Weight t</tr>${Array.from({ length: 90 }, (_, index) => `<tr><td>${1 + index % 9}<td>${index % 3 ? "Passenger cars" : "Trucks"}<td>${10 + index % 3}<td>${15 + index}.5</tr>`).join("")}
      <tr><td>Total<td><td>990<td>5400</tr></table>`);
    const pdf = await maker.pdf({ format: "A4" });
    await maker.close();
    const requests = [];
    page.on("request", (request) => requests.push([request.method(), new URL(request.url()).pathname]));
    await choose(page, "plan.pdf", "application/pdf", pdf);
    await row(page, "name").locator("strong", { hasText: "EMBER SPIRIT" }).waitFor({ timeout: 30000 });
    assert.match(await row(page, "cargo.automobile").textContent(), /690/);
    assert.match(await row(page, "cargo.truck").textContent(), /300/);
    assert.equal(await row(page, "etd").getByRole("checkbox").isChecked(), false, "the day could be the month");
    assert.ok(requests.every(([method, path]) => method === "GET" && !path.startsWith("/api/vessels/")), JSON.stringify(requests));
    assert.ok(requests.some(([, path]) => path.includes("pdf-worker")));
    await shot(page, "wizard-pdf");
  });
});

test("what is no document is refused in words", async () => {
  await withPage({ at: NEW, as: await person() }, async (page) => {
    const says = async (name, bytes, words) => {
      await choose(page, name, "application/octet-stream", Buffer.from(bytes));
      await page.getByText(words).waitFor({ timeout: 30000 });
    };
    await says("empty.txt", "", "The file is empty.");
    await says("picture.png", [0x89, 0x50, 0, 0, 0], "This is no CSV, text or PDF file.");
    await says("broken.pdf", "%PDF-1.7 and no more", "The PDF can't be read.");
    // Dropped, as playwright hands no file of that size to a field in time.
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(10 * 1024 * 1024 + 1).fill(65)], "huge.csv"));
      document.querySelector(".document__drop").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    });
    await page.getByText("The file is larger than 10 MB.").waitFor();
    await says("poem.txt", "The sea\nis wide", "nothing was recognised");
  });
});

test("each step at three widths, without complaints", async () => {
  await withPage({ at: NEW, as: await person() }, async (page) => {
    await fill(page, { name: "Nordic Highway", imo: "9074729" });
    await page.getByLabel("Berth").selectOption({ index: 3 });
    await page.getByLabel("Arrival, ETA").fill("2026-12-04T06:30");
    await page.getByLabel("Departure, ETD").fill("2026-12-05T22:00");
    for (const [index, title] of ["Vessel and berth", "Cargo", "Operation", "Review"].entries()) {
      await atStep(page, title);
      if (title === "Cargo") for (const [label, units] of [["Cars", "1800"], ["Vans", "85"], ["Trucks", "32"]]) await page.getByLabel(label).fill(units);
      if (title === "Operation") {
        await page.getByLabel("Gangs").fill("4");
        for (const _ of [1, 2]) await page.getByRole("button", { name: "Add a break" }).click();
      }
      assert.deepEqual(await complaints(page), [], title);
      for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        await fits(page);
        await shot(page, `wizard-${index + 1}-${width}`);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
      if (index < 3) await next(page);
    }
    await page.getByText("Needed per gang and hour").waitFor();
  });
});
