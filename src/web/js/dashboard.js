// SPDX-License-Identifier: Apache-2.0
// The port board's home: the port today, from one answer of GET /api/dashboard.
import { berthsSection } from "./berths.js";
import { boardPage } from "./board-page.js";
import { expectedSection } from "./expected.js";
import { figuresSection } from "./figures.js";
import { hoursSection } from "./hours.js";
import { t } from "./texts.js";
import { vesselsSection } from "./vessel-cards.js";

export function dashboardPage(frame) {
  return boardPage(frame, {
    name: "port",
    heading: t("The port today"),
    addresses: ["/api/dashboard"],
    sections: [figuresSection(), vesselsSection(), berthsSection(), hoursSection(), expectedSection()],
  });
}
