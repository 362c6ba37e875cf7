// SPDX-License-Identifier: Apache-2.0
// How the files are served, and what an accessibility checker says about the pages.
import assert from "node:assert/strict";
import { test } from "node:test";
import { request } from "node:http";
import { BASE, complaints, withPage, workedVessel } from "./stack.js";

// fetch() would unpack the body and take the header with it.
function head(path) {
  return new Promise((resolve, reject) => {
    request(new URL(path, BASE), { headers: { "Accept-Encoding": "gzip" } }, (response) => {
      response.resume();
      response.on("end", () => resolve(response));
    }).on("error", reject).end();
  });
}

test("hashed files are packed and cached for a year, the page itself is not", async () => {
  const html = await (await fetch(BASE)).text();
  const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]);
  assert.ok(files.length >= 4, `index.html names ${files}`);
  for (const file of files) {
    assert.match(file, /-[0-9A-Z]{8}\.(js|css|svg|png)$/);
    const { statusCode, headers } = await head(file);
    assert.equal(statusCode, 200, file);
    assert.match(headers["cache-control"], /max-age=31536000/, file);
    assert.match(headers["cache-control"], /immutable/, file);
    assert.equal(headers["content-encoding"], "gzip", file);
    assert.equal(headers["x-content-type-options"], "nosniff", file);
  }
  for (const path of ["/", "/labour", "/delivery", "/vessels/1", "/login", "/login?next=%2F", "/account", "/admin/users", "/admin/audit"]) {
    const page = await head(path);
    assert.equal(page.statusCode, 200);
    assert.match(page.headers["content-type"], /^text\/html/);
    assert.doesNotMatch(page.headers["cache-control"] ?? "", /max-age=[1-9]/);
  }
});

test("the page runs under a strict content security policy", async () => {
  const policy = (await head("/")).headers["content-security-policy"] ?? "";
  assert.match(policy, /default-src '(self|none)'/);
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|https?:|\*/);
  // That the listener in withPage would tell: an inline script is a violation.
  await withPage({ allowTroubles: true }, async (page) => {
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.ran = true";
      document.head.append(script);
    });
    assert.equal(await page.evaluate(() => globalThis.ran), undefined);
    await page.waitForTimeout(200);
    assert.ok(page.troubles.some((text) => /content security policy/i.test(text)), "the violation went unnoticed");
  });
});

test("the first load of the dashboard is small", async () => {
  await withPage({}, async (page) => {
    await page.locator(".chart canvas").waitFor();
    const sizes = await page.evaluate(() => performance.getEntries()
      .filter((entry) => entry.entryType === "navigation" || /\/assets\//.test(entry.name))
      .map((entry) => entry.encodedBodySize));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(sizes.length >= 5 && total > 10000, `measured ${sizes}`);
    assert.ok(total < 120000, `${total} bytes`);
  });
});

for (const scheme of ["light", "dark"]) {
  test(`axe finds nothing to object to, ${scheme}`, async () => {
    const { id } = await workedVessel();
    for (const [at, width] of [["/", 1280], ["/", 360], [`/vessels/${id}`, 1280], [`/vessels/${id}`, 360]]) {
      await withPage({ at, scheme, width }, async (page) => {
        if (at === "/") await page.locator(".chart canvas").waitFor();
        else await page.locator(".table--tallies").waitFor();
        await page.waitForTimeout(500);
        assert.deepEqual(await complaints(page), [], `${at} ${width}`);
      });
    }
  });
}
