// SPDX-License-Identifier: Apache-2.0
// What a project's figures mean for its due date, and why. Whether it is late or at risk is the server's word
// (GET /api/delivery/dashboard); the reasons are the figures that it judges by.
import { count, percent } from "./format.js";
import { days, daysBetween } from "./calendar.js";
import { t, tn } from "./texts.js";

const PACE_DAYS = 14;

// Returns {level, words}.
export function projectOutlook(project, today) {
  const open = project.points_total - project.points_done;
  if (project.late) return { level: "late", words: lateWords(days(daysBetween(project.due_on, today)), open) };
  if (project.at_risk) return { level: "risk", words: t("At risk: {reasons}", { reasons: reasons(project, open, today).join("; ") }) };
  if (project.due_on === null) return { level: "unknown", words: t("No due date") };
  if (project.progress_percent >= 100) return { level: "done", words: t("Everything is done") };
  return { level: "ok", words: t("On track") };
}

function reasons(project, open, today) {
  const found = [];
  if (project.behind) found.push(t("{done} done in {elapsed} of the time", { done: rounded(project.progress_percent), elapsed: rounded(project.elapsed_percent) }));
  // With today, for work on it isn't over.
  if (project.too_slow) {
    found.push(t("needs {needed} points a day, makes {made}",
      { needed: perDay(open, daysBetween(today, project.due_on) + 1), made: perDay(project.points_done_14_days, PACE_DAYS) }));
  }
  return found.length > 0 ? found : [t("the server says so")];
}

const rounded = (value) => percent(Math.round(value));
const perDay = (number, over) => count(Math.round((10 * number) / over) / 10);
const lateWords = (late, open) => (open > 0 ? tn(open, "Late by {days}: {n} point open", "Late by {days}: {n} points open", { days: late })
  : t("Late by {days}", { days: late }));
