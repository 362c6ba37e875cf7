// SPDX-License-Identifier: Apache-2.0
// The pages that a clerk on the quay never opens, in one piece that is loaded when one of them is asked for.
export { accountPage } from "./account.js";
export { auditPage } from "./audit.js";
export { everyKeyPage } from "./every-key.js";
export { everySessionPage } from "./every-session.js";
export { usersPage } from "./users.js";
