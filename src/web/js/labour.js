// SPDX-License-Identifier: Apache-2.0
// The labour board's home: who is missing where. Managers see the money as well; of others it is not even asked for.
import { boardPage } from "./board-page.js";
import { jobsSection } from "./labour-jobs.js";
import { labourFigures } from "./labour-figures.js";
import { may } from "./roles.js";
import { moneySection, overdueSection } from "./labour-money.js";
import { placesSection } from "./labour-places.js";
import { t } from "./texts.js";

export function labourPage(frame) {
  const seesMoney = may(frame.me.role, "see-money");
  const paths = ["/api/labour/dashboard", ...(seesMoney ? ["/api/labour/money"] : [])];
  return boardPage(frame, {
    name: seesMoney ? "money" : "labour",
    title: t("Labour"),
    heading: t("Labour hire today"),
    addresses: paths,
    join: ([board, money]) => ({ ...board, money }),
    sections: [labourFigures(), jobsSection(), placesSection(), ...(seesMoney ? [moneySection(), overdueSection()] : [])],
  });
}
