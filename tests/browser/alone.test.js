// SPDX-License-Identifier: Apache-2.0
// What measures times, or turns by the clock: by itself. In one process, one after the other: the cases share a stack, and one would
// see the other's tallies.
import { after, before } from "node:test";
import { start, stop } from "./stack.js";

before(start);
after(stop);

await import("./look-cases.js");
await import("./speed-cases.js");
