// SPDX-License-Identifier: Apache-2.0
// The lists, the other boards, and people. In one process, one after the other: the cases share a stack, and one would
// see the other's tallies.
import { after, before } from "node:test";
import { start, stop } from "./stack.js";

before(start);
after(stop);

await import("./boards-cases.js");
await import("./labour-cases.js");
await import("./delivery-cases.js");
await import("./lists-cases.js");
await import("./people-cases.js");
await import("./words-cases.js");
