// SPDX-License-Identifier: Apache-2.0
// The delivery board's home: the projects at work, and who has how much to do.
import { boardPage } from "./board-page.js";
import { burnUpSection } from "./burn-up.js";
import { deliveryFigures } from "./delivery-figures.js";
import { findSection } from "./find-people.js";
import { loadSection } from "./workload.js";
import { projectsSection } from "./project-cards.js";
import { t } from "./texts.js";

export function deliveryPage(frame, { query }) {
  return boardPage(frame, {
    name: "delivery",
    title: t("Delivery"),
    heading: t("Projects in delivery"),
    addresses: ["/api/delivery/dashboard"],
    sections: [deliveryFigures(), projectsSection(), burnUpSection(), loadSection(), findSection(frame, query)],
  });
}
