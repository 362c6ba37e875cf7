// SPDX-License-Identifier: Apache-2.0
// Money as the API has it, whole minor units and a currency's code, as people read it.
import { locale } from "./texts.js";

const formats = new Map();

/** money(1234567, "EUR"): €12,345.67. How many digits follow the point is the currency's own affair. Where the code stands
 * beside it, the sign can be the "narrow" one: $ for every dollar. */
export function money(minor, currency, sign = "symbol") {
  const key = `${currency} ${sign}`;
  if (!formats.has(key)) formats.set(key, make(currency, sign));
  const format = formats.get(key);
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function make(currency, sign) {
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: sign === "narrow" ? "narrowSymbol" : sign });
  } catch {
    // Not three letters: shown as a number of hundredths, which it most likely is.
    return new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  }
}
