// SPDX-License-Identifier: Apache-2.0
// What a project's figures mean for its due date, and why. Whether it is late or at risk is the server's word
// (GET /api/delivery/dashboard); the reasons are the figures that it judges by.
import { count, percent } from "./format.js";
import { days, daysBetween } from "./calendar.js";

const PACE_DAYS = 14;

// Returns {level, words}.
export function projectOutlook(project, today) {
  const open = project.points_total - project.points_done;
  if (project.late) return { level: "late", words: `Late by ${days(daysBetween(project.due_on, today))}${open > 0 ? `: ${points(open)} open` : ""}` };
  if (project.at_risk) return { level: "risk", words: `At risk: ${reasons(project, open, today).join("; ")}` };
  if (project.due_on === null) return { level: "unknown", words: "No due date" };
  if (project.progress_percent >= 100) return { level: "done", words: "Everything is done" };
  return { level: "ok", words: "On track" };
}

function reasons(project, open, today) {
  const found = [];
  if (project.behind) found.push(`${rounded(project.progress_percent)} done in ${rounded(project.elapsed_percent)} of the time`);
  // With today, for work on it isn't over.
  if (project.too_slow) found.push(`needs ${perDay(open, daysBetween(today, project.due_on) + 1)} points a day, makes ${perDay(project.points_done_14_days, PACE_DAYS)}`);
  return found.length > 0 ? found : ["the server says so"];
}

const rounded = (value) => percent(Math.round(value));
const perDay = (number, over) => count(Math.round((10 * number) / over) / 10);
const points = (number) => (number === 1 ? "1 point" : `${count(number)} points`);
