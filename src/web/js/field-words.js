// SPDX-License-Identifier: Apache-2.0
// What the API's columns and parameters are called on screen: by their own names, unless something better stands here.
import { plain } from "./words.js";
import { t } from "./texts.js";

const FIELDS = {
  eta: t("ETA"), etd: t("ETD"), id: t("Number"), imo: t("IMO number"), length_m: t("Length (m)"), q: t("Search"), user_agent: t("Device"),
};

/** "operations_started_at" is "Operations started at", "client_id" the client. */
export const fieldWord = (name) => (Object.hasOwn(FIELDS, name) ? FIELDS[name] : plain(name.replace(/(.)_id$/, "$1")));
