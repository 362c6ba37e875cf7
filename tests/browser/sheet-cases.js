// SPDX-License-Identifier: Apache-2.0
// The tally sheet and the outbox: what is pressed on the quay is stored once, whatever the network, the tab and other people do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addPerson, PEOPLE } from "./people.js";
import { api, BASE, complaints, eventually, fits, move, moved, shot, stored, tallyRows, vessel, withPage, withVessel, workedVessel } from "./stack.js";

const sheetOf = (id) => `/vessels/${id}/tally`;
const plus = (page, index = 0) => page.locator(".plus__button").nth(index);
const state = (page, name) => page.locator(`.sheet-state[data-state=${name}]`).waitFor();
const lines = (page, name) => page.locator(`.lines__item[data-state=${name}]`);
const offline = (page, yes = true) => page.context().setOffline(yes);
const undoButton = (page) => page.locator(".sheet__undo");
const settled = async (page) => {
  await state(page, "stored");
  await page.waitForTimeout(300);
};

async function press(page, times, index = 0) {
  for (let turn = 0; turn < times; turn += 1) await plus(page, index).click();
}

// What the page has counted, whether the server has it or not.
const counted = (page, number) =>
  eventually(async () => (await page.locator("dd[data-name=total]").textContent()) === String(number), `${number} counted in this sitting`);

// Another page of the same tablet.
async function reopen(page, at) {
  const next = await page.context().newPage();
  next.setDefaultTimeout(15000);
  await next.goto(at);
  await next.waitForSelector("[data-state=ready]");
  return next;
}

const rowsOf = async (id) => (await api(`/api/vessels/${id}/tallies?per_page=100`)).data;

test("40 presses, half of them without a network: exactly 40 are stored", async () => {
  const before = await workedVessel();
  const rows = await tallyRows(before.id);
  await withPage({ at: sheetOf(before.id), as: "clerk", allowTroubles: true }, async (page) => {
    await press(page, 20);
    await offline(page);
    await press(page, 20);
    await counted(page, 40);
    await state(page, "waiting");
    assert.match(await page.locator(".sheet-state").textContent(), /No connection\. \d+ entr(y is|ies are) kept on this device/);
    assert.match(await plus(page).textContent(), /\d+ kept here/);
    await offline(page, false);
    await settled(page);
    await stored(before.id, rows + 40);
    assert.equal(moved(await vessel(before.id)), moved(before) + 40);
    await page.waitForTimeout(1500);
    await stored(before.id, rows + 40);
    await eventually(async () => (await lines(page, "stored").count()) === 10, "the last ten are stored");
  });
});

test("a tab that is killed in the middle of a send: stored once when it is opened again", async () => {
  const before = await workedVessel();
  const rows = await tallyRows(before.id);
  await withPage({ at: sheetOf(before.id), as: "clerk", allowTroubles: true }, async (page) => {
    let reached = 0;
    // The server stores it, and its answer never comes.
    await page.route("**/api/vessels/*/tallies", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      await route.fetch();
      reached += 1;
      return undefined;
    });
    await press(page, 7);
    await eventually(async () => reached > 0, "a request reached the server");
    await counted(page, 7);
    await page.close();
    const sent = (await tallyRows(before.id)) - rows;
    assert.ok(sent > 0, "nothing had reached the server");
    const next = await reopen(page, sheetOf(before.id));
    await settled(next);
    await counted(next, 7);
    await stored(before.id, rows + 7);
    assert.equal(moved(await vessel(before.id)), moved(before) + 7);
  });
});

test("a renderer that crashes without a network loses nothing", async () => {
  const before = await workedVessel();
  const rows = await tallyRows(before.id);
  await withPage({ at: sheetOf(before.id), as: "clerk", allowTroubles: true }, async (page) => {
    await offline(page);
    await press(page, 9);
    const crashed = page.waitForEvent("crash");
    const cdp = await page.context().newCDPSession(page);
    cdp.send("Page.crash").catch(() => {});
    await crashed;
    await page.close();
    await offline(page, false);
    assert.equal(await tallyRows(before.id), rows);
    const next = await reopen(page, sheetOf(before.id));
    await settled(next);
    await counted(next, 9);
    await stored(before.id, rows + 9);
  });
});

// Whatever is sent gets no answer; the server has it or not.
const swallow = (page) => page.route("**/api/vessels/*/tallies", (route) => (route.request().method() === "POST" ? route.abort("connectionreset") : route.continue()));
const answer = (page) => page.unroute("**/api/vessels/*/tallies");

test("undo takes back what was never sent without a trace, and voids what may have arrived", async () => {
  const before = await workedVessel();
  const rows = await tallyRows(before.id);
  await withPage({ at: sheetOf(before.id), as: "clerk", allowTroubles: true }, async (page) => {
    await swallow(page);
    await press(page, 1);
    await state(page, "waiting");
    await offline(page);
    await press(page, 2, 1);
    await counted(page, 3);
    await undoButton(page).click();
    await counted(page, 2);
    assert.equal(await lines(page, "undone").count(), 0);
    await page.getByRole("button", { name: /^Undo 1 × / }).last().click();
    await counted(page, 1);
    assert.equal(await lines(page, "undone").count(), 1);
    await answer(page);
    await offline(page, false);
    await settled(page);
    await stored(before.id, rows + 3);       // one, and one with its void
    assert.equal(moved(await vessel(before.id)), moved(before) + 1);
    await page.keyboard.press("Control+z");
    await counted(page, 0);
    await settled(page);
    await stored(before.id, rows + 4);
    assert.equal(moved(await vessel(before.id)), moved(before));
    assert.ok(await undoButton(page).isDisabled());
  });
});

test("by keyboard alone: a digit chooses, plus and Enter record, u takes back", async () => {
  const before = await workedVessel();
  const rows = await tallyRows(before.id);
  await withPage({ at: sheetOf(before.id), as: "clerk" }, async (page) => {
    const chosen = () => page.locator(".plus__button[data-chosen]").getAttribute("data-cargo");
    const second = await plus(page, 1).getAttribute("data-cargo");
    await page.keyboard.press("2");
    await eventually(async () => (await chosen()) === second, "the second cargo is chosen");
    assert.match(await page.locator("#announce-polite").textContent(), /chosen/);
    await page.keyboard.press("+");
    await counted(page, 1);
    await page.keyboard.press("Enter");
    await counted(page, 2);
    await page.waitForTimeout(120);
    await page.keyboard.press("u");
    await counted(page, 1);
    await page.getByRole("radio", { name: "5", exact: true }).focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    await counted(page, 6);
    await settled(page);
    const rest = (await tallyRows(before.id)) - rows;
    // The one taken back was removed, or is there with its void.
    assert.ok([2, 4].includes(rest), `${rest} rows`);
    assert.equal(moved(await vessel(before.id)), moved(before) + 6);
  });
});

test("a scanner's codes: a unit is noted and counted once, twice only when asked; a cargo's name chooses it", async () => {
  await withVessel(async (id) => {
    await withPage({ at: sheetOf(id), as: "clerk" }, async (page) => {
      // As fast as no person is, and no busy machine takes keys one by one. The Enter must not press what has the focus.
      const scan = async (code) => {
        await page.waitForTimeout(200);
        assert.ok(await page.evaluate((text) => [...text, "Enter"].map((key) =>
          document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }))).at(-1) === false, code), "Enter went on to the button");
      };
      await plus(page).click();                // has the focus from now on
      await counted(page, 1);
      await scan("MSCU 7654321");
      await counted(page, 2);
      await scan("van");
      await counted(page, 3);
      await scan("vin-0042");
      await counted(page, 4);
      await scan("VIN-0042");
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("heading", { name: "VIN-0042 was scanned before" }).waitFor();
      await dialog.getByRole("button", { name: "Leave it" }).click();
      await scan("VIN-0042");
      await dialog.getByRole("button", { name: "Record it again" }).click();
      await counted(page, 5);
      await scan("***");
      await page.locator(".sheet__said[data-wrong]", { hasText: "This code says nothing here: ***" }).waitFor();
      await settled(page);
      await stored(id, 5);
      const notes = (await rowsOf(id)).map(({ cargo_type: cargo, note }) => `${cargo} ${note}`).sort();
      assert.deepEqual(notes, ["automobile MSCU 7654321", "automobile null", "van VIN-0042", "van VIN-0042", "van null"]);
    });
  });
});

test("amount, direction, place and shift go with every press", async () => {
  await withVessel(async (id) => {
    await withPage({ at: sheetOf(id), as: "clerk" }, async (page) => {
      await page.getByRole("radio", { name: "Discharged" }).check();
      await page.getByRole("radio", { name: "Other" }).check();
      await plus(page).click();                // without a number nothing is counted
      await page.locator("[data-field=own] .field__error").waitFor();
      await page.getByLabel("Number").fill("25");
      await page.getByLabel("Another place").fill("Hold 2");
      await page.getByRole("button", { name: "Add" }).click();
      await page.getByLabel("Shift").selectOption("night");
      await plus(page).click();
      await settled(page);
      const [row] = await rowsOf(id);
      assert.deepEqual([row.tally_type, row.count, row.location, row.shift, row.tallied_by], ["discharged", 25, "Hold 2", "night", PEOPLE.clerk.display_name]);
      // The place is there the next time.
      await page.reload();
      await page.waitForSelector("[data-state=ready]");
      assert.ok(await page.getByRole("radio", { name: "Hold 2" }).isChecked());
      await counted(page, 25);
    });
  });
});

test("the vessel was closed meanwhile: a person decides, and nothing is lost", async () => {
  await withVessel(async (id) => {
    await withPage({ at: sheetOf(id), as: "clerk", allowTroubles: true }, async (page) => {
      await offline(page);
      await press(page, 3);
      await press(page, 2, 1);
      await counted(page, 5);
      await move(id, "operations_complete");
      await offline(page, false);
      await state(page, "refused");
      await page.locator(".notice", { hasText: "while a vessel is being worked" }).waitFor();
      assert.ok(await plus(page).isDisabled());
      assert.equal(await tallyRows(id), 0);
      await page.goto("/");
      await page.locator(".unsent", { hasText: "5 entries were refused and need your decision." }).waitFor();
      await page.locator(".unsent a").click();
      await page.getByRole("heading", { name: "5 tallies were refused" }).waitFor();
      await page.locator(".outbox .status[data-status=operations_complete]").waitFor();
      // Too early.
      const refused = page.waitForResponse((response) => response.request().method() === "POST" && response.url().endsWith("/tallies"));
      await page.getByRole("button", { name: "Send all again" }).click();
      assert.deepEqual((await (await refused).json()).summary, { rows: 5, stored: 0, refused: 5 });
      await page.getByRole("heading", { name: "5 tallies were refused" }).waitFor();
      await move(id, "operations_active");
      await page.getByRole("button", { name: "Send all again" }).click();
      await page.getByText("All that you recorded on this device is stored.").waitFor();
      await stored(id, 5);
    });
  });
});

test("what was refused can be given up, after a question", async () => {
  await withVessel(async (id) => {
    await withPage({ at: sheetOf(id), as: "clerk", allowTroubles: true }, async (page) => {
      await swallow(page);
      await press(page, 1);
      await state(page, "waiting");
      await undoButton(page).click();           // what becomes of it is decided with the tally
      await press(page, 1);
      await counted(page, 1);
      await move(id, "operations_complete");
      await answer(page);
      await page.getByRole("button", { name: /^Send now/ }).click();
      await state(page, "refused");
      await page.goto("/outbox");
      await page.getByText("taken back by you").waitFor();
      await page.getByRole("button", { name: "Give all up" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();
      await page.getByRole("button", { name: "Give all up" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Give up" }).click();
      await page.getByText("All that you recorded on this device is stored.").waitFor();
      await page.waitForTimeout(500);
      assert.equal(await tallyRows(id), 0);
    });
  });
});

test("a wrong value is corrected and sent as a tally of its own", async () => {
  await withVessel(async (id) => {
    await withPage({ at: sheetOf(id), as: "clerk", allowTroubles: true }, async (page) => {
      await offline(page);
      await page.getByLabel("Another place").evaluate((node) => node.removeAttribute("maxlength"));
      await page.getByLabel("Another place").fill("x".repeat(60));
      await page.getByRole("button", { name: "Add" }).click();
      await press(page, 1);
      await page.getByRole("radio", { name: "None" }).check();
      await press(page, 2, 1);
      await offline(page, false);
      await state(page, "refused");
      await stored(id, 2);
      await page.locator(".sheet-state").getByRole("link", { name: "Decide" }).click();
      await page.getByRole("button", { name: "Correct" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Count", { exact: true }).fill("0");
      await dialog.getByRole("button", { name: "Send corrected" }).click();
      await dialog.locator(".field__error", { hasText: "number from 1" }).waitFor();
      await dialog.getByLabel("Count", { exact: true }).fill("4");
      await dialog.getByRole("button", { name: "Send corrected" }).click();
      await page.getByText("All that you recorded on this device is stored.").waitFor();
      await stored(id, 3);
      assert.equal((await vessel(id)).loaded, 6);
    });
  });
});

test("a supervisor's void is told on the sheet: seen, or recorded again", async () => {
  await withVessel(async (id) => {
    await withPage({ at: sheetOf(id), as: "clerk" }, async (page) => {
      await press(page, 2);
      await settled(page);
      await withPage({ at: `/vessels/${id}`, as: "supervisor" }, async (other) => {
        for (let turn = 0; turn < 2; turn += 1) {
          await other.locator("tr:not([data-voided]):not([data-correction])").getByRole("button", { name: /^Void/ }).first().click();
          await other.getByRole("dialog").getByLabel("Reason").fill("Counted twice");
          await other.getByRole("dialog").getByRole("button", { name: "Void the tally" }).click();
          await other.getByRole("dialog").waitFor({ state: "detached" });
        }
      });
      const told = page.locator(".corrections__item");
      await eventually(async () => (await told.count()) === 2, "both voids are told", 30000);
      assert.match(await told.first().textContent(), /Sipho van Wyk voided 1 × Cars, loaded of \d\d:\d\d: Counted twice/);
      await counted(page, 0);
      assert.equal(await lines(page, "voided").count(), 2);
      await shot(page, "sheet-voided-light-1280");
      await told.first().getByRole("button", { name: "Record again" }).click();
      await told.first().getByRole("button", { name: "Seen" }).click();
      await page.locator(".corrections").waitFor({ state: "hidden" });
      await settled(page);
      await stored(id, 5);
      assert.equal((await vessel(id)).loaded, 1);
      // Told once.
      await page.reload();
      await page.waitForSelector("[data-state=ready]");
      await page.waitForTimeout(1500);
      assert.equal(await told.count(), 0);
    });
  });
});

test("a void of something that another person voided meanwhile is told and put away", async () => {
  await withVessel(async (id) => {
    await withPage({ at: sheetOf(id), as: "clerk", allowTroubles: true }, async (page) => {
      await press(page, 1);
      await settled(page);
      const [{ id: tally }] = await rowsOf(id);
      await offline(page);
      await undoButton(page).click();
      await state(page, "waiting");
      await api(`/api/tallies/${tally}/void`, { method: "POST", body: JSON.stringify({ id: crypto.randomUUID(), tallied_by: "Sipho van Wyk" }) });
      await offline(page, false);
      await state(page, "refused");
      await page.goto("/outbox");
      await page.getByText("Somebody has voided this tally already.").waitFor();
      await page.getByRole("button", { name: "Give up" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Give up" }).click();
      await page.getByText("All that you recorded on this device is stored.").waitFor();
      await stored(id, 2);
      assert.equal((await vessel(id)).loaded, 0);
    });
  });
});

test("two people on one vessel count what both press", async () => {
  const before = await workedVessel();
  const rows = await tallyRows(before.id);
  await withPage({ at: sheetOf(before.id), as: "clerk" }, async (one) => {
    await withPage({ at: sheetOf(before.id), as: "supervisor" }, async (two) => {
      await Promise.all([press(one, 12), press(two, 12, 1)]);
      await Promise.all([settled(one), settled(two)]);
      await stored(before.id, rows + 24);
      assert.equal(moved(await vessel(before.id)), moved(before) + 24);
      // Each sees the other's in the totals, not in the sitting.
      await Promise.all([counted(one, 12), counted(two, 12)]);
      const after = await vessel(before.id);
      for (const page of [one, two]) {
        const first = after.cargo.find(({ capacity }) => capacity > 0);
        await eventually(async () => (await page.locator(`.plus__button[data-cargo=${first.cargo_type}] .plus__total`).textContent()).startsWith((first.loaded + first.discharged).toLocaleString("en-GB")), "the totals have both");
      }
    });
  });
});

test("another person on the same tablet sends nothing of the first one's", async () => {
  const before = await workedVessel();
  const rows = await tallyRows(before.id);
  await withPage({ at: sheetOf(before.id), as: "clerk", allowTroubles: true }, async (page) => {
    await offline(page);
    await press(page, 4);
    await counted(page, 4);
    await page.context().clearCookies();
    await offline(page, false);
    await page.waitForURL("**/login?next=*");
    const logIn = async ({ username, password }) => {
      await page.getByLabel("User name").fill(username);
      await page.getByLabel("Password", { exact: true }).fill(password);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.locator(".sheet-page[data-state=ready]").waitFor();
    };
    await logIn(PEOPLE.supervisor);
    await counted(page, 0);
    await press(page, 1, 1);
    await settled(page);
    await page.waitForTimeout(1000);
    await stored(before.id, rows + 1);
    // The session of the one ends, and the first one comes back.
    await page.context().clearCookies();
    await page.waitForURL("**/login?next=*");
    await logIn(PEOPLE.clerk);
    await settled(page);
    await counted(page, 4);
    await stored(before.id, rows + 5);
  });
});

test("a role that was taken away: the entries wait for a decision, and go when it is given back", async () => {
  const person = await addPerson(BASE, "clerk");
  const { data: [{ id: user }] } = await api(`/api/users?q=${person.username}`);
  await withVessel(async (id) => {
    await withPage({ at: sheetOf(id), as: person, allowTroubles: true }, async (page) => {
      await offline(page);
      await press(page, 2);
      await counted(page, 2);
      await api(`/api/users/${user}`, { method: "PATCH", body: JSON.stringify({ role: "viewer" }) });
      await offline(page, false);
      // Whether the session ends with the role or not, nothing is stored and nothing is lost.
      await eventually(async () => page.url().includes("/login") || (await page.locator(".sheet-state[data-state=refused]").count()) > 0, "the role is noticed");
      assert.equal(await tallyRows(id), 0);
      await api(`/api/users/${user}`, { method: "PATCH", body: JSON.stringify({ role: "clerk" }) });
      if (page.url().includes("/login")) {
        await page.getByLabel("User name").fill(person.username);
        await page.getByLabel("Password", { exact: true }).fill(person.password);
        await page.getByRole("button", { name: "Log in" }).click();
        await page.locator(".sheet-page[data-state=ready]").waitFor();
      } else {
        await page.goto("/outbox");
        await page.getByRole("button", { name: "Send all again" }).click();
      }
      await stored(id, 2);
    });
  });
});

test("a device that keeps nothing says so, and what is pressed is sent all the same", async () => {
  const before = await workedVessel();
  const rows = await tallyRows(before.id);
  await withPage({ at: null, as: "clerk", allowTroubles: true }, async (page) => {
    await page.addInitScript(() => Object.defineProperty(globalThis, "indexedDB", { value: undefined }));
    await page.goto(sheetOf(before.id));
    await page.waitForSelector("[data-state=ready]");
    await press(page, 3);
    await state(page, "lost");
    assert.match(await page.locator(".sheet-state").textContent(), /This device keeps nothing/);
    await stored(before.id, rows + 3);
    await counted(page, 3);
  });
});

for (const [width, height, scheme] of [[360, 740, "light"], [768, 1024, "light"], [768, 1024, "dark"], [1024, 768, "dark"], [1920, 1080, "light"]]) {
  test(`sheet and outbox at ${width} px, ${scheme}: readable, nothing sideways, no complaints`, async () => {
    await withVessel(async (id) => {
      await withPage({ at: sheetOf(id), as: "clerk", width, height, scheme, allowTroubles: true }, async (page) => {
        await press(page, 3);
        await settled(page);
        await offline(page);
        await press(page, 1, 1);
        await state(page, "waiting");
        await press(page, 2);
        await counted(page, 6);
        const sizes = await page.locator(".plus__button:visible").evaluateAll((all) => all.map((node) => node.getBoundingClientRect()).map((box) => Math.min(box.width, box.height)));
        assert.ok(sizes.every((size) => size >= 88), `buttons of ${sizes} px`);
        await fits(page);
        assert.deepEqual(await complaints(page), []);
        await shot(page, `sheet-${scheme}-${width}`);
        await move(id, "operations_complete");
        await offline(page, false);
        await state(page, "refused");
        await page.locator(".sheet-state").getByRole("link", { name: "Decide" }).click();
        await page.locator(".outbox .status").waitFor();
        await fits(page);
        assert.deepEqual(await complaints(page), []);
        await shot(page, `outbox-${scheme}-${width}`);
      });
    });
  });
}
