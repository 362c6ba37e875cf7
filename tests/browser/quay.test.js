// SPDX-License-Identifier: Apache-2.0
// What people on the quay and in its office use. In one process, one after the other: the cases share a stack, and one would
// see the other's tallies.
import { after, before } from "node:test";
import { start, stop } from "./stack.js";

before(start);
after(stop);

await import("./dashboard-cases.js");
await import("./vessel-cases.js");
await import("./sheet-cases.js");
await import("./wizard-cases.js");
await import("./report-cases.js");
await import("./operations-cases.js");
await import("./offline-cases.js");
await import("./story-cases.js");
await import("./edge-cases.js");
