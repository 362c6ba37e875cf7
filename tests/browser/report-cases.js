// SPDX-License-Identifier: Apache-2.0
// A call's report: on the screen, as CSV and on paper, where its sums are those of the tallies.
import assert from "node:assert/strict";
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { api, complaints, fits, SCREENSHOTS, shot, withPage, workedVessel } from "./stack.js";

const SIZES = [[360, 740], [768, 1024], [1920, 1080]];
const report = async (id) => (await api(`/api/vessels/${id}/report`)).data;
const reportAt = (id) => `/vessels/${id}/report`;
const text = (number) => number.toLocaleString("en-GB");

// Tallies of three shifts, with notes, a void, and names.
async function filled() {
  const { id } = await workedVessel();
  const hours = (back) => new Date(Date.now() - back * 3600000).toISOString();
  for (const [back, body] of [[3, { count: 21, tallied_by: "Ana", note: "Dent on the left door, chassis 4711" }], [9, { count: 33, tallied_by: "Bo" }], [18, { count: 12, tallied_by: "Ana", note: "Counted twice" }]]) {
    const { data } = await api(`/api/vessels/${id}/tallies`, { method: "POST", body: JSON.stringify({ id: crypto.randomUUID(), tally_type: "discharged", cargo_type: "breakbulk", tallied_at: hours(back), ...body }) });
    if (body.note === "Counted twice") await api(`/api/tallies/${data.id}/void`, { method: "POST", body: JSON.stringify({ id: crypto.randomUUID(), note: "Was counted twice" }) });
  }
  return id;
}

async function saved(page, press) {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
}

const sum = (csv, type) => csv.split("\r\n").slice(1).filter(Boolean).map((line) => line.split(",")).filter((cells) => cells[5] === type).reduce((all, cells) => all + Number(cells[6]), 0);

test("the report has every shift, at three widths, and the totals of the server", async () => {
  const id = await filled();
  const { shifts, vessel } = await report(id);
  assert.ok(shifts.length >= 2);
  await withPage({ at: reportAt(id), as: "viewer" }, async (page) => {
    assert.equal(await page.locator(".paper[data-sheet=facts]").count(), 1);
    assert.equal(await page.locator(".paper[data-sheet=shift]").count(), shifts.length);
    const foot = await page.locator(".paper[data-sheet=facts] .paper__block", { hasText: "Cargo against plan" }).locator("tfoot td").allTextContents();
    assert.deepEqual(foot.slice(1, 3), [text(vessel.discharged), text(vessel.loaded)]);
    const all = await page.locator(".paper[data-sheet=facts] .paper__block", { hasText: "From – to" }).locator("tfoot td").allTextContents();
    assert.deepEqual(all.slice(1, 3), [text(vessel.discharged), text(vessel.loaded)]);
    await page.locator(".panel--vessel-chart canvas").waitFor();
    await page.getByText("Dent on the left door, chassis 4711").first().waitFor();
    assert.deepEqual(await complaints(page), []);
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await fits(page);
      await shot(page, `report-${width}`);
    }
  });
  await withPage({ at: reportAt(id), as: "viewer", scheme: "dark", width: 768 }, async (page) => {
    await page.locator(".panel--vessel-chart canvas").waitFor();
    assert.deepEqual(await complaints(page), []);
    await shot(page, "report-dark-768");
  });
});

test("CSV of the whole call, and of one shift", async () => {
  const id = await filled();
  await withPage({ at: reportAt(id), as: "viewer" }, async (page) => {
    const { shifts, vessel } = await report(id);
    const whole = await saved(page, () => page.getByRole("button", { name: "Download CSV" }).click());
    assert.match(whole.name, new RegExp(`-${id}\\.csv$`));
    assert.deepEqual([sum(whole.text, "discharged"), sum(whole.text, "loaded")], [vessel.discharged, vessel.loaded]);
    const one = await saved(page, () => page.locator(".paper[data-sheet=shift]").first().getByRole("button", { name: /^CSV/ }).click());
    assert.match(one.name, new RegExp(`-${shifts[0].day}-`));
    assert.deepEqual([sum(one.text, "discharged"), sum(one.text, "loaded")], [shifts[0].discharged, shifts[0].loaded]);
  });
});

test("on paper: A4, the facts and each shift on pages of their own, the same sums", async () => {
  const id = await filled();
  const { shifts, vessel } = await report(id);
  await withPage({ at: reportAt(id), as: "viewer", scheme: "dark" }, async (page) => {
    const pages = await read(await page.pdf({ preferCSSPageSize: true }));
    for (const { width, height } of pages) assert.ok(Math.abs(width - 595) < 2 && Math.abs(height - 842) < 2, `${width} × ${height} is not A4`);
    assert.ok(pages.length >= shifts.length + 1, `${pages.length} pages for ${shifts.length} shifts`);
    assert.match(pages[0].text, /Statement of facts/);
    assert.equal(pages.filter((one) => /Shift report/.test(one.text)).length, shifts.length);
    assert.ok(pages.every((one) => (one.text.match(/Shift report|Statement of facts/g) ?? []).length <= 1), "two reports on one page");
    const written = pages.map((one) => one.text).join("\n");
    assert.doesNotMatch(written, /Download CSV|Skip to the content|Berth plan|Print\b(?!ed)/);
    assert.match(written, /For the terminal/);
    const sums = (...numbers) => new RegExp(`In all\\s+${numbers.map(text).join("\\s+")}(\\s|$)`);
    assert.match(written, sums(vessel.capacity_total, vessel.discharged, vessel.loaded));
    for (const shift of shifts) assert.match(written, sums(shift.discharged, shift.loaded, shift.damaged, shift.gross, shift.voided));
    for (const [index, { image }] of pages.entries()) writeFileSync(path.join(SCREENSHOTS, `report-paper-${index + 1}.png`), image);
  });
});

// The pages of a PDF: size in points, text, and a picture.
async function read(bytes) {
  const pdf = await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise;
  const pages = [];
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await pdf.getPage(number);
    const [, , width, height] = page.view;
    const { items } = await page.getTextContent();
    const viewport = page.getViewport({ scale: 1.4 });
    const { canvas, context } = pdf.canvasFactory.create(viewport.width, viewport.height);
    await page.render({ canvasContext: context, viewport }).promise;
    pages.push({ width, height, text: items.map(({ str, hasEOL }) => str + (hasEOL ? "\n" : " ")).join(""), image: canvas.toBuffer("image/png") });
  }
  return pages;
}

test("a call without tallies, and one that there isn't", async () => {
  const { expected } = await api("/api/dashboard");
  await withPage({ at: reportAt(expected[0].id), as: "viewer" }, async (page) => {
    assert.equal(await page.locator(".paper").count(), 1);
    assert.deepEqual(await complaints(page), []);
  });
  await withPage({ at: reportAt(99999999), as: "viewer", allowTroubles: true }, async (page) => {
    await page.getByRole("heading", { name: "There is no such vessel" }).waitFor();
  });
});

test("the vessel's page has its chart against the plan and the way to its report", async () => {
  const { id } = await workedVessel();
  await withPage({ at: `/vessels/${id}`, as: "supervisor" }, async (page) => {
    await page.locator(".panel--vessel-chart canvas").waitFor();
    await page.locator(".panel--vessel-chart").scrollIntoViewIfNeeded();
    await shot(page, "vessel-chart");
    assert.deepEqual(await complaints(page), []);
    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByRole("heading", { level: 2, name: "Vessel and berth" }).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "Report" }).click();
    await page.locator(".paper").first().waitFor();
  });
  await withPage({ at: `/vessels/${id}`, as: "clerk" }, async (page) => assert.equal(await page.getByRole("link", { name: "Edit" }).count(), 0));
});
