// SPDX-License-Identifier: Apache-2.0
// The port's lists: see lists.js for what a declaration says.
import { cargoWord, shiftWord, statusWord, tallyWord, vesselTypeWord } from "./words.js";
import { CHANGED } from "./list-columns.js";
import { t } from "./texts.js";
import { vesselPath } from "./routes.js";
import { vesselSource } from "./list-sources.js";

export const vessels = {
  name: "vessels",
  api: "/api/vessels",
  path: "/vessels",
  title: t("Vessels"),
  about: t("Every call: announced, in port and departed"),
  one: t("Vessel"),
  search: t("Name or IMO number"),
  sort: "-eta",
  rights: { add: "plan", edit: "plan" },
  add: { label: t("New vessel"), href: "/vessels/new" },
  pageOf: (row) => vesselPath(row.id),
  columns: [
    { name: "name", label: t("Vessel"), sort: "name" },
    { name: "status", label: t("Status"), kind: "status", word: statusWord, sort: "status,eta", shown: true },
    { name: "berth", label: t("Berth"), shown: true },
    { name: "eta", label: t("ETA"), kind: "time", sort: "eta", shown: true },
    { name: "etd", label: t("ETD"), kind: "time", sort: "etd", shown: true },
    { name: "progress_percent", label: t("Progress"), kind: "percent", shown: true },
    { name: "capacity_total", label: t("Units"), kind: "count", shown: true },
    { name: "vessel_type", label: t("Type"), kind: "choice", word: vesselTypeWord },
    { name: "line", label: t("Line") },
    { name: "imo", label: t("IMO number") },
    { name: "loaded", label: t("Loaded"), kind: "count" },
    { name: "discharged", label: t("Discharged"), kind: "count" },
    { name: "damaged", label: t("Damaged"), kind: "count" },
    { name: "gangs", label: t("Gangs"), kind: "count" },
    { name: "drivers", label: t("Drivers"), kind: "count" },
    { name: "arrived_at", label: t("Arrived"), kind: "time" },
    { name: "departed_at", label: t("Departed"), kind: "time" },
    { name: "notes", label: t("Notes") },
    CHANGED,
  ],
  filters: [
    { kind: "choices", name: "status", label: t("Status"), word: statusWord, first: true },
    { kind: "choices", name: "vessel_type", label: t("Type"), word: vesselTypeWord },
    { kind: "text", name: "berth", label: t("Berth") },
    { kind: "days", name: "eta", label: t("ETA"), of: "time" },
    { kind: "yes-no", name: "eta_null", label: t("ETA"), words: [t("Not known"), t("Known")] },
  ],
  form: [
    { name: "name", label: t("Vessel"), required: true, max: 100 },
    { name: "berth", label: t("Berth"), max: 32 },
    { name: "eta", label: t("ETA"), kind: "time" },
    { name: "etd", label: t("ETD"), kind: "time", after: "eta" },
    { name: "line", label: t("Line"), max: 100 },
    { name: "gangs", label: t("Gangs"), kind: "whole", required: true, min: 0, max: 100 },
    { name: "drivers", label: t("Drivers"), kind: "whole", required: true, min: 0, max: 1000 },
    { name: "notes", label: t("Notes"), kind: "area", max: 2000 },
  ],
  related: [{ label: t("Tallies"), path: "/tallies", by: "vessel_id" }],
};

export const tallies = {
  name: "tallies",
  api: "/api/tallies",
  path: "/tallies",
  title: t("Tallies"),
  about: t("What was counted, on all vessels"),
  sort: "-tallied_at",
  rights: {},
  pageOf: (row) => vesselPath(row.vessel_id),
  columns: [
    { name: "vessel_id", label: t("Vessel"), kind: "link", id: "vessel_id", to: vesselPath, named: "/api/vessels" },
    { name: "tallied_at", label: t("Counted"), kind: "time", sort: "tallied_at", shown: true },
    { name: "tally_type", label: t("Tally"), kind: "choice", word: tallyWord, shown: true },
    { name: "cargo_type", label: t("Cargo"), kind: "choice", word: cargoWord, shown: true },
    { name: "count", label: t("Count"), kind: "count", shown: true },
    { name: "location", label: t("Location"), shown: true },
    { name: "shift", label: t("Shift"), kind: "choice", word: shiftWord },
    { name: "tallied_by", label: t("Counted by"), shown: true },
    { name: "note", label: t("Note") },
    { name: "recorded_at", label: t("Stored"), kind: "time" },
  ],
  filters: [
    { kind: "reference", name: "vessel_id", label: t("Vessel"), source: vesselSource, first: true },
    { kind: "days", name: "tallied_at", label: t("Counted"), of: "time", first: true },
    { kind: "choices", name: "tally_type", label: t("Tally"), word: tallyWord, needs: ["vessel_id", "tallied_at_from"] },
    { kind: "choices", name: "cargo_type", label: t("Cargo"), word: cargoWord, needs: ["vessel_id", "tallied_at_from"] },
    { kind: "choices", name: "shift", label: t("Shift"), word: shiftWord, needs: ["vessel_id", "tallied_at_from"] },
  ],
  // Voided ones and those that void them stay in the list.
  mark: (row) => (row.voided_by ? t("voided") : row.voids ? t("correction") : null),
};
