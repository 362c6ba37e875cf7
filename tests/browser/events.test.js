// SPDX-License-Identifier: Apache-2.0
// Live events, on a stack of their own.
import { after, before } from "node:test";
import { start, stop } from "./stack.js";

before(start);
after(stop);

await import("./events-cases.js");
