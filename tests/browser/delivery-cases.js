// SPDX-License-Identifier: Apache-2.0
// The delivery board's home, and the search for people.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answering, api, askAgain, asked, eventually, number, withPage } from "./stack.js";

const home = { at: "/delivery", as: "viewer" };
const day = (date, add) => new Date(Date.parse(date) + add * 86400000).toISOString().slice(0, 10);
const said = (page) => page.locator(".panel--find .panel__aside");
const list = (path) => api(path).then(({ data }) => data);

// The people and how much of each is left on the fullest day of a range: worked out day by day from all allocations.
async function freeBetween(from, to, skills) {
  const people = (await list("/api/resources?per_page=100&availability=available")).filter((person) => skills.every((skill) => person.skills.includes(skill)));
  const allocations = await list("/api/allocations?per_page=100");
  assert.ok(allocations.length < 100, "more allocations than one page has");
  return people.map((person) => {
    const left = [];
    for (let at = from; at <= to; at = day(at, 1)) {
      left.push(person.capacity_percent - allocations.filter((item) => item.resource_id === person.id && item.starts_on <= at && at <= item.ends_on).reduce((sum, item) => sum + item.percent, 0));
    }
    return { id: person.id, least: Math.min(...left), first: left[0] };
  });
}

test("the delivery home shows what the API says", async () => {
  const data = await api("/api/delivery/dashboard");
  assert.ok(data.active.length >= 3 && data.load.length >= 5 && data.late > 0 && data.at_risk > 0, "the demo's delivery is too empty to test with");
  await withPage(home, async (page) => {
    const figures = Object.fromEntries(await page.locator(".figures .figure").evaluateAll((all) => all.map((node) => [node.dataset.name, Number(node.querySelector(".figure__value").textContent)])));
    assert.deepEqual(figures, { late: data.late, at_risk: data.at_risk, ...data.projects, ...data.open_by_priority });

    assert.equal(await page.locator(".card").count(), Math.min(12, data.active.length));
    for (const project of data.active.slice(0, 12)) {
      const card = page.locator(`.card[data-project="${project.id}"]`);
      assert.equal(await card.locator("h3").textContent(), project.name);
      const bar = card.getByRole("progressbar");
      assert.equal(Number(await bar.getAttribute("aria-valuenow")), project.progress_percent, project.name);
      const drawn = await bar.evaluate((node) => {
        const track = node.querySelector(".bar__track").getBoundingClientRect();
        const tick = node.querySelector(".bar__pace");
        return [(100 * node.querySelector(".bar__part").getBoundingClientRect().width) / track.width, tick.hidden ? null : (100 * (tick.getBoundingClientRect().left + 1 - track.left)) / track.width];
      });
      assert.ok(Math.abs(drawn[0] - project.progress_percent) < 1.5, `${project.name}: drawn ${drawn[0]}`);
      if (project.elapsed_percent === null) assert.equal(drawn[1], null);
      else assert.ok(Math.abs(drawn[1] - project.elapsed_percent) < 1.5, `${project.name}: tick at ${drawn[1]}`);
      assert.equal(number(await card.locator(".card__numbers strong").textContent()), project.points_total > 0 ? project.points_done : project.items_done);
      assert.equal(await card.locator(".facts dd").nth(1).textContent(), `${project.features_done} of ${project.features_total}`);
      const level = await card.locator(".verdict").getAttribute("data-level");
      assert.equal(level === "late", project.late, project.name);
      assert.equal(level === "risk", project.at_risk, project.name);
      const words = await card.locator(".verdict").textContent();
      if (project.late) assert.match(words, /^Late by \d+ days?/);
      if (project.at_risk) {
        assert.equal(/% done in .* % of the time/.test(words), project.behind, words);
        assert.equal(/needs .* points a day, makes/.test(words), project.too_slow, words);
      }
    }

    const counts = await page.locator(".counts > div").evaluateAll((all) => Object.fromEntries(all.map((node) => [node.dataset.name, Number(node.querySelector("dd").textContent)])));
    const { available, ...people } = data.resources;
    assert.deepEqual(counts, people);
    assert.equal(counts.free + counts.partly_free + counts.full, available);
    const loads = await page.locator(".load").evaluateAll((all) => all.map((node) => [Number(node.dataset.person), Number(node.querySelector("[role=meter]").getAttribute("aria-valuenow"))]));
    assert.deepEqual(loads, data.load.map((person) => [person.id, person.allocated_percent]));

    await page.locator(".panel--burn-up .chart canvas").waitFor();
    await page.getByText("Show as a table").click();
    const days = await page.locator(".panel--burn-up tbody tr").evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll("td")].map((cell) => Number(cell.textContent.replaceAll(",", "")))));
    assert.deepEqual(days, [...data.burn_up].reverse().map((item) => [item.points, item.points_done]));
  });
});

test("people are found by skills and by what is left of them in a range of days", async () => {
  const { today } = await api("/api/delivery/dashboard");
  const [somebody] = (await list("/api/resources?per_page=100&availability=available")).filter((person) => person.skills.length >= 2);
  const [skill, another] = somebody.skills;
  await withPage(home, async (page) => {
    const skills = page.locator("input[name=skills]");
    const found = async () => (await page.locator(".found__person").evaluateAll((all) => all.map((node) => ({
      id: Number(node.dataset.person), throughout: node.dataset.throughout === "true", least: parseFloat(node.querySelector(".found__free strong")?.textContent ?? "0"),
    })))).sort((a, b) => a.id - b.id);
    const expected = async (from, to, wanted, enough = 1) => (await freeBetween(from, to, wanted)).filter(({ first }) => first >= enough)
      .map(({ id, least }) => ({ id, throughout: least >= enough, least: least >= enough ? least : 0 })).sort((a, b) => a.id - b.id);
    const more = page.getByRole("button", { name: "Show more" });
    const matches = (want, what) => eventually(async () => {
      // Gone meanwhile: another answer came.
      if (await more.count() > 0) await more.click({ timeout: 500 }).catch(() => {});
      return JSON.stringify(await found()) === JSON.stringify(want);
    }, what, 8000);

    // Somebody who types quickly asks once.
    await page.locator(".panel--find").scrollIntoViewIfNeeded();
    await said(page).getByText(/found|free on every day/).waitFor();
    const addresses = asked(page);
    await skills.pressSequentially(`${skill.toUpperCase()}`, { delay: 20 });
    await matches(await expected(today, day(today, 13), [skill]), "those with the skill");
    assert.equal(addresses.filter((at) => at.startsWith("/api/resources?")).filter((at) => at.includes("page=1")).length, 1, addresses.join("\n"));
    assert.match(page.url(), new RegExp(`[?]skills=${skill.toUpperCase().replaceAll(" ", "\\+")}`));

    await page.locator(`.found__person[data-person="${somebody.id}"]`).getByRole("button", { name: `Also ask for ${another}` }).click();
    assert.equal(await skills.inputValue(), `${skill}, ${another}`);
    await matches(await expected(today, day(today, 13), [skill, another]), "those with both");
    await page.getByLabel("Free from").fill(day(today, 20));
    await page.getByLabel("Free until").fill(day(today, 50));
    await matches(await expected(day(today, 20), day(today, 50), [skill, another]), "those with both, later");
    await skills.fill("");
    await page.getByLabel("How much of a day").selectOption("50");
    await matches(await expected(day(today, 20), day(today, 50), [], 50), "all who are half free");
    const kept = await found();
    assert.ok(kept.length > 0, "nobody is half free");

    await skills.fill("Fortune telling");
    await page.getByText("Nobody has “fortune telling” and is free on the first of these days.", { exact: false }).waitFor();
    assert.equal(await said(page).textContent(), "Nobody");
    addresses.length = 0;
    await skills.fill("c#");
    await page.getByText("“c#” can't be a skill", { exact: false }).waitFor();
    assert.equal(await skills.getAttribute("aria-invalid"), "true");
    await skills.fill("");
    await page.getByLabel("Free until").fill(today);
    await page.getByText("It ends before it begins.").waitFor();
    assert.deepEqual(addresses.filter((at) => at.startsWith("/api/resources")).filter((at) => at.includes("c%23") || at.includes(`starts_on_to=${today}`)), []);

    // The address finds the same again.
    await page.goto(`/delivery?from=${day(today, 20)}&to=${day(today, 50)}&wanted=50`);
    await page.locator(".panel--find").scrollIntoViewIfNeeded();
    await matches(kept, "the same after a reload");
  });
});

test("what another person writes shows within three seconds", async () => {
  const { active: [project] } = await api("/api/delivery/dashboard");
  await withPage(home, async (page) => {
    const points = page.locator(`.card[data-project="${project.id}"] .card__numbers > span`).first();
    const items = page.locator(`.card[data-project="${project.id}"] .facts dd`).nth(2);
    const { data: item } = await api("/api/backlog", { method: "POST", body: JSON.stringify({ project_id: project.id, title: "Written by somebody else", points: 8 }) });
    try {
      await eventually(async () => (await items.textContent()).endsWith(` of ${project.items_total + 1}`), "the item is counted", 3000);
      assert.match(await points.textContent(), new RegExp(`of ${(project.points_total + 8).toLocaleString("en")} points$`));
    } finally {
      await api(`/api/backlog/${item.id}`, { method: "DELETE" });
    }
  });
});

test("too much, many projects, and nothing at all", async () => {
  const data = await api("/api/delivery/dashboard");
  await withPage({ at: "/account", as: "viewer" }, async (page) => {
    const many = Array.from({ length: 20 }, (_, index) => ({ ...data.active[0], id: 1000 + index, code: `P-${index}`, points_total: 0, points_done: 0, due_on: null, elapsed_percent: null, late: false, at_risk: false }));
    const over = { ...data.load[0], id: 1, name: "Ada Over", availability: "available", capacity_percent: 60, allocated_percent: 80, peak_percent: 100 };
    const away = { ...data.load[0], id: 2, name: "Ben Away", availability: "on_leave" };
    await answering(page, "/api/delivery/dashboard", { ...data, active: many, load: [over, away] });
    await page.getByRole("link", { name: "Delivery", exact: true }).click();
    await page.locator(".card").first().waitFor();
    assert.equal(await page.locator(".card").count(), 12);
    await page.getByRole("button", { name: "Show all 20" }).click();
    assert.equal(await page.locator(".card").count(), 20);
    assert.equal(await page.locator(".card .verdict").first().textContent(), "No due date");
    const load = page.locator('.load[data-person="1"]');
    assert.equal(await load.locator(".load__words").textContent(), "Over by 40 %");
    assert.ok(await load.locator(".bar__part--over").evaluate((node) => node.getBoundingClientRect().width > 20), "what is too much is not drawn");
    assert.equal(await page.locator('.load[data-person="2"] .load__words').textContent(), "On leave");

    await answering(page, "/api/delivery/dashboard", { ...data, active: [], load: [], burn_up: data.burn_up.map((item) => ({ ...item, points: 0, points_done: 0 })) });
    await askAgain(page);
    await page.getByText("No project is active.").waitFor();
    await page.getByText("Nobody is allocated to anything this week.").waitFor();
  });
});
