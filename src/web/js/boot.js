// SPDX-License-Identifier: Apache-2.0
// Loaded in the head, before anything is painted, so that a dark screen never flashes white.
import { apply } from "./theme-choice.js";

apply();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
