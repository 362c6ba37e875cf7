// SPDX-License-Identifier: Apache-2.0
// What the office does about a vessel, in one piece that is loaded when it is asked for.
export { reportPage } from "./report.js";
export { wizardPage } from "./wizard.js";
