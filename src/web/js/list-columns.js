// SPDX-License-Identifier: Apache-2.0
// Columns that several lists have; see lists.js for what a declaration says.
import { t } from "./texts.js";

export const rowOf = (path) => (id) => `${path}?row=${id}`;
export const CHANGED = { name: "updated_at", label: t("Last changed"), kind: "time", sort: "updated_at" };
export const ADDED = { name: "created_at", label: t("Added"), kind: "time" };
