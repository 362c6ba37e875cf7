// SPDX-License-Identifier: Apache-2.0
// From a vessel's page to its report, and to changing it.
import { editPath, reportPath } from "./routes.js";
import { h } from "./dom.js";
import { may } from "./roles.js";
import { t } from "./texts.js";

export const vesselLinks = (id, me) => h("p", { class: "page-head__links" },
  may(me.role, "plan") && h("a", { class: "button", href: editPath(id) }, t("Edit")),
  h("a", { class: "button", href: reportPath(id) }, t("Report")));
