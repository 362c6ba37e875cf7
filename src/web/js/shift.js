// SPDX-License-Identifier: Apache-2.0
// The shift that an hour of the port's day belongs to: morning from 6, afternoon from 14, night from 22.

export function shiftAt(hour) {
  if (hour >= 6 && hour < 14) return "morning";
  return hour >= 14 && hour < 22 ? "afternoon" : "night";
}
