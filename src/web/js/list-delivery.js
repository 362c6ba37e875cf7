// SPDX-License-Identifier: Apache-2.0
// The delivery board's lists: see lists.js for what a declaration says.
import { ADDED, CHANGED, rowOf } from "./list-columns.js";
import { featureSource, personSource, projectSource } from "./list-sources.js";
import { t } from "./texts.js";

const PRIORITY = { name: "priority", label: t("Priority"), kind: "status", shown: true };
const PRIORITY_FIELD = { name: "priority", label: t("Priority"), kind: "choice", required: true, initial: "medium" };
const PROJECT = { name: "project_code", label: t("Project"), kind: "link", id: "project_id", to: rowOf("/delivery/projects"), shown: true };
const PROJECT_FILTER = { kind: "reference", name: "project_id", label: t("Project"), source: projectSource };
const PROJECT_FIELD = { name: "project_id", label: t("Project"), kind: "reference", source: projectSource, required: true };
const STATUS_FILTER = { kind: "choices", name: "status", label: t("Status"), first: true };
const DESCRIPTION = { name: "description", label: t("Description") };
const PROGRESS = [
  { name: "items_done", label: t("Items done"), kind: "progress", of: "items_total" },
  { name: "points_done", label: t("Points done"), kind: "progress", of: "points_total", shown: true },
];
const description = (max) => ({ name: "description", label: t("Description"), kind: "area", max });

export const projects = {
  name: "projects",
  api: "/api/projects",
  path: "/delivery/projects",
  title: t("Projects"),
  about: t("What is under way, planned and over"),
  one: t("Project"),
  search: t("Code, name or owner"),
  sort: "due_on",
  rights: { add: "plan", edit: "plan", remove: "remove-records" },
  add: { label: t("Add a project") },
  moves: "projects",
  columns: [
    { name: "name", label: t("Project"), sort: "name" },
    { name: "code", label: t("Code"), shown: true },
    { name: "status", label: t("Status"), kind: "status", sort: "status,due_on", shown: true },
    { ...PRIORITY, sort: "priority,due_on" },
    { name: "owner", label: t("Owner"), shown: true },
    { name: "starts_on", label: t("Starts"), kind: "day" },
    { name: "due_on", label: t("Due#date"), kind: "day", sort: "due_on", shown: true },
    ...PROGRESS,
    { name: "closed_at", label: t("Closed"), kind: "time" },
    DESCRIPTION, ADDED, CHANGED,
  ],
  filters: [
    STATUS_FILTER,
    { kind: "choices", name: "priority", label: t("Priority"), needs: ["status"] },
    { kind: "days", name: "due_on", label: t("Due#date"), of: "day" },
    { kind: "yes-no", name: "due_on_null", label: t("Due day"), words: [t("Without"), t("With")], needs: ["status"] },
    { kind: "text", name: "owner", label: t("Owner") },
    { kind: "text", name: "code", label: t("Code") },
  ],
  form: [
    { name: "name", label: t("Name"), required: true, max: 100 },
    { name: "code", label: t("Code"), hint: t("short, such as YARD"), required: true, max: 20 },
    { name: "owner", label: t("Owner"), max: 100 },
    PRIORITY_FIELD,
    { name: "starts_on", label: t("Starts"), kind: "day" },
    { name: "due_on", label: t("Due#date"), kind: "day", after: "starts_on" },
    description(2000),
  ],
  related: [
    { label: t("Features"), path: "/delivery/features", by: "project_id" },
    { label: t("Backlog"), path: "/delivery/backlog", by: "project_id" },
    { label: t("Allocations"), path: "/delivery/allocations", by: "project_id" },
  ],
};

export const features = {
  name: "features",
  api: "/api/features",
  path: "/delivery/features",
  title: t("Features"),
  about: t("The parts of projects that somebody waits for"),
  one: t("Feature"),
  search: t("Name"),
  sort: "due_on",
  rights: { add: "plan", edit: "plan", remove: "remove-work" },
  add: { label: t("Add a feature") },
  moves: "features",
  columns: [
    { name: "name", label: t("Feature"), sort: "name" },
    PROJECT,
    { name: "status", label: t("Status"), kind: "status", sort: "status,due_on", shown: true },
    { ...PRIORITY, sort: "priority,due_on" },
    { name: "due_on", label: t("Due#date"), kind: "day", sort: "due_on", shown: true },
    ...PROGRESS,
    DESCRIPTION, ADDED, CHANGED,
  ],
  filters: [
    STATUS_FILTER, PROJECT_FILTER,
    { kind: "days", name: "due_on", label: t("Due#date"), of: "day" },
    { kind: "choices", name: "priority", label: t("Priority"), needs: ["project_id"] },
    { kind: "yes-no", name: "due_on_null", label: t("Due day"), words: [t("Without"), t("With")], needs: ["project_id"] },
  ],
  form: [
    { ...PROJECT_FIELD, only: "create" },
    { name: "name", label: t("Name"), required: true, max: 150 },
    PRIORITY_FIELD,
    { name: "due_on", label: t("Due#date"), kind: "day" },
    description(2000),
  ],
  related: [{ label: t("Backlog"), path: "/delivery/backlog", by: "feature_id" }],
};

const WITHIN = ["project_id", "feature_id", "resource_id"];

export const backlog = {
  name: "backlog",
  api: "/api/backlog",
  path: "/delivery/backlog",
  title: t("Backlog"),
  about: t("What is to be done, in the order that people gave it"),
  one: t("Backlog item"),
  search: t("Title"),
  sort: "rank",
  rights: { add: "work-backlog", edit: "work-backlog", remove: "remove-work" },
  add: { label: t("Add an item") },
  moves: "backlog_items",
  columns: [
    { name: "title", label: t("Item") },
    { ...PROJECT, sort: "rank" },
    { name: "status", label: t("Status"), kind: "status", sort: "status,updated_at", shown: true },
    { name: "kind", label: t("Kind"), kind: "choice", shown: true },
    { name: "points", label: t("Points"), kind: "count", sort: "points", shown: true },
    { ...PRIORITY, sort: "priority,updated_at" },
    { name: "resource_name", label: t("Person"), kind: "link", id: "resource_id", to: rowOf("/delivery/resources"), shown: true },
    { name: "feature_name", label: t("Feature"), kind: "link", id: "feature_id", to: rowOf("/delivery/features") },
    { name: "done_at", label: t("Done"), kind: "time", sort: "done_at" },
    DESCRIPTION, ADDED, CHANGED,
  ],
  filters: [
    STATUS_FILTER, PROJECT_FILTER,
    { kind: "reference", name: "feature_id", label: t("Feature"), source: featureSource, within: ["project_id"] },
    { kind: "reference", name: "resource_id", label: t("Person"), source: personSource },
    { kind: "choices", name: "kind", label: t("Kind"), needs: WITHIN },
    { kind: "choices", name: "priority", label: t("Priority"), needs: WITHIN },
    { kind: "yes-no", name: "resource_id_null", label: t("Person"), words: [t("Without"), t("With")], needs: ["project_id", "feature_id"] },
    { kind: "number", name: "min_points", label: t("Points, at least"), needs: WITHIN },
    { kind: "number", name: "max_points", label: t("Points, at most"), needs: WITHIN },
    { kind: "days", name: "done_at", label: t("Done"), of: "time", needs: WITHIN },
  ],
  form: [
    PROJECT_FIELD,
    { name: "feature_id", label: t("Feature"), kind: "reference", source: featureSource, within: ["project_id"] },
    { name: "title", label: t("Title"), required: true, max: 200 },
    { name: "kind", label: t("Kind"), kind: "choice", required: true, initial: "story" },
    { name: "points", label: t("Points"), kind: "whole", min: 0, max: 100, initial: 0, required: true },
    PRIORITY_FIELD,
    { name: "resource_id", label: t("Person"), kind: "reference", source: personSource },
    description(4000),
  ],
  related: [],
};

export const resources = {
  name: "resources",
  api: "/api/resources",
  path: "/delivery/resources",
  title: t("People"),
  about: t("Who works on projects, and what they can do"),
  one: t("Person"),
  search: t("Name, role or e-mail"),
  sort: "name",
  rights: { add: "plan", edit: "plan", remove: "remove-records" },
  add: { label: t("Add a person") },
  columns: [
    { name: "name", label: t("Person"), sort: "name" },
    { name: "role_title", label: t("Role#title"), shown: true },
    { name: "availability", label: t("Availability"), kind: "status", sort: "availability,name", shown: true },
    { name: "skills", label: t("Skills"), kind: "words", shown: true },
    { name: "capacity_percent", label: t("Capacity"), kind: "percent", shown: true },
    { name: "allocated_until", label: t("Allocated until"), kind: "day", sort: "allocated_until", shown: true },
    { name: "email", label: t("E-mail"), kind: "email" },
    ADDED, CHANGED,
  ],
  filters: [
    { kind: "choices", name: "availability", label: t("Availability"), first: true },
    { kind: "words", name: "skills", label: t("Skills") },
    { kind: "day", name: "free_on", label: t("Some time free on") },
    { kind: "day", name: "half_free_on", label: t("Half a day free on") },
    { kind: "day", name: "free_from", label: t("No allocation from") },
  ],
  form: [
    { name: "name", label: t("Name"), required: true, max: 100 },
    { name: "role_title", label: t("Role#title"), max: 100 },
    { name: "email", label: t("E-mail"), kind: "email", max: 200 },
    { name: "skills", label: t("Skills"), kind: "words" },
    { name: "availability", label: t("Availability"), kind: "choice", required: true, initial: "available" },
    { name: "capacity_percent", label: t("Capacity in %"), kind: "whole", min: 1, max: 100, initial: 100, required: true },
  ],
  related: [
    { label: t("Backlog"), path: "/delivery/backlog", by: "resource_id" },
    { label: t("Allocations"), path: "/delivery/allocations", by: "resource_id" },
  ],
};

export const allocations = {
  name: "allocations",
  api: "/api/allocations",
  path: "/delivery/allocations",
  title: t("Allocations"),
  about: t("How much of whose time which project has"),
  one: t("Allocation"),
  sort: "-starts_on",
  rights: { add: "plan", edit: "plan", remove: "remove-work" },
  add: { label: t("Allocate somebody") },
  columns: [
    { name: "resource_name", label: t("Person"), sort: "resource_id,starts_on" },
    PROJECT,
    { name: "percent", label: t("Share of the time"), kind: "percent", shown: true },
    { name: "starts_on", label: t("Starts"), kind: "day", sort: "starts_on", shown: true },
    { name: "ends_on", label: t("Ends"), kind: "day", sort: "ends_on", shown: true },
    ADDED, { ...CHANGED, sort: undefined },
  ],
  filters: [
    { ...PROJECT_FILTER, first: true },
    { kind: "reference", name: "resource_id", label: t("Person"), source: personSource, first: true },
    { kind: "day", name: "on", label: t("On the day") },
    { kind: "days", name: "ends_on", label: t("Ends"), of: "day" },
    { kind: "days", name: "starts_on", label: t("Starts"), of: "day", needs: ["resource_id", "project_id"] },
    { kind: "number", name: "min_percent", label: t("Share in %, at least"), needs: ["resource_id", "project_id"] },
  ],
  form: [
    { name: "resource_id", label: t("Person"), kind: "reference", source: personSource, required: true },
    PROJECT_FIELD,
    { name: "percent", label: t("Share of the time in %"), kind: "whole", min: 1, max: 100, required: true },
    { name: "starts_on", label: t("Starts"), kind: "day", required: true },
    { name: "ends_on", label: t("Ends"), kind: "day", required: true, after: "starts_on" },
  ],
  related: [],
};
