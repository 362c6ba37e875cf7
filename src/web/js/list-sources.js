// SPDX-License-Identifier: Apache-2.0
// Where a search-as-you-type box (pick.js) finds what it offers. search: the API takes q.
import { t } from "./texts.js";

const named = (path, sub = () => null) => ({ path, sort: "name", search: true, label: (row) => row.name, sub });

export const vesselSource = { ...named("/api/vessels", (row) => row.berth), sort: "-eta" };
export const clientSource = named("/api/clients", (row) => row.contact_name);
export const workerSource = named("/api/workers", (row) => row.skills.join(", "));
export const personSource = named("/api/resources", (row) => row.role_title);
export const projectSource = { ...named("/api/projects", (row) => row.name), label: (row) => row.code };
export const featureSource = named("/api/features", (row) => row.project_code);
export const jobSource = { ...named("/api/jobs", (row) => [row.client_name, row.starts_at.slice(0, 10)].filter(Boolean).join(", ")), sort: "-starts_at", label: (row) => row.title };
export const contractSource = {
  path: "/api/contracts",
  sort: "-completed_at",
  search: false,
  label: (row) => t("Contract {id}", { id: row.id }),
  sub: (row) => [row.worker_name, row.job_title].filter(Boolean).join(", "),
};
