// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { largestThat } from "../js/wall-fit.js";
import { secondsOf, turned, viewsOf } from "../js/wall-rotation.js";

const views = [{ name: "port" }, { name: "labour" }, { name: "berths", extra: true }];
const names = (text) => viewsOf(text, views).map(({ name }) => name);

test("every so many seconds as the address says, within reason", () => {
  assert.deepEqual([null, "20", "0", "999999", "soon", "-5"].map(secondsOf), [30, 20, 5, 3600, 30, 30]);
});

test("the boards that are on, or those that the address names, in its order and once each", () => {
  assert.deepEqual(names(null), ["port", "labour"]);
  assert.deepEqual(names("berths, port"), ["berths", "port"]);
  assert.deepEqual(names("port,port,nonsense"), ["port"]);
  assert.deepEqual(names("nonsense"), ["port", "labour"]);
});

test("round and round, both ways", () => {
  assert.deepEqual([[0, 1], [2, 1], [0, -1], [0, 0]].map(([index, by]) => turned(index, by, 3)), [1, 0, 2, 0]);
});

test("the largest size that fits is taken; what never fits gets the smallest", () => {
  const full = { width: 1920, height: 1080 };
  const size = (limit, window = full) => largestThat((asked) => asked <= limit, window);
  assert.ok(size(18) <= 18 && size(18) > 17, `${size(18)}`);
  assert.ok(size(100) > 22 && size(100) < 24, "larger than usual where there is room, within reason");
  assert.ok(size(1) > 9 && size(1) < 11, `${size(1)}`);
  assert.ok(Math.abs(size(1e9, { width: 3840, height: 2160 }) - 2 * size(1e9)) < 1e-9, "twice the window, twice the size");
});
