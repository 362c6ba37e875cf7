// SPDX-License-Identifier: Apache-2.0
// What the values of the labour and delivery boards' lists are called, and which of them want to be seen.
import { plain } from "./words.js";
import { t } from "./texts.js";

const VALUES = {
  accepted: t("Accepted"),
  active: t("Active"),
  approved: t("Approved"),
  available: t("Available"),
  bug: t("Bug"),
  cancelled: t("Cancelled"),
  completed: t("Completed"),
  critical: t("Critical"),
  done: t("Done"),
  draft: t("Draft"),
  dropped: t("Dropped"),
  due: t("Due"),
  failed: t("Failed"),
  filled: t("Filled"),
  high: t("High"),
  in_progress: t("In progress"),
  inactive: t("Inactive"),
  low: t("Low"),
  medium: t("Medium"),
  offered: t("Offered"),
  on_hold: t("On hold"),
  on_leave: t("On leave"),
  open: t("Open#status"),
  paid: t("Paid"),
  planned: t("Planned"),
  proposed: t("Proposed"),
  refunded: t("Refunded"),
  review: t("In review"),
  story: t("Story"),
  task: t("Task"),
  terminated: t("Terminated"),
  todo: t("To do"),
  unavailable: t("Unavailable"),
};

// How a value is drawn: at work, good, wants attention, bad. The others are calm.
const TONES = {
  active: "work", in_progress: "work", review: "work", operations_active: "work",
  accepted: "good", available: "good", completed: "good", done: "good", filled: "good", paid: "good", operations_complete: "good",
  open: "warn", offered: "warn", due: "warn", high: "warn", on_hold: "warn", on_leave: "warn",
  cancelled: "bad", critical: "bad", dropped: "bad", failed: "bad", refunded: "bad", terminated: "bad",
};

export const valueWord = (value) => (Object.hasOwn(VALUES, value) ? VALUES[value] : plain(value));
export const toneOf = (value) => (Object.hasOwn(TONES, value) ? TONES[value] : "calm");
