// SPDX-License-Identifier: Apache-2.0
// All charts in one piece with the library that draws them, loaded when the first data are there.
export { burnUpChart } from "./chart-burn-up.js";
export { hoursChart } from "./chart-hours.js";
export { linesChart } from "./chart-lines.js";
export { placesChart } from "./chart-places.js";
export { vesselChart } from "./chart-vessel.js";
