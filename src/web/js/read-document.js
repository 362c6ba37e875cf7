// SPDX-License-Identifier: Apache-2.0
// Turns a file into lines for manifest-text.js. Everything happens in the browser: the file goes nowhere.
import { t } from "./texts.js";

const MAX_BYTES = 10 * 1024 * 1024;

/** What can be said to the person about a file that can't be used. */
export class Unreadable extends Error {
  name = "Unreadable";
}

/** The lines of a CSV, TXT or PDF file. onProgress(done, all) is told of pages. */
export async function readDocument(file, onProgress) {
  if (file.size > MAX_BYTES) throw new Unreadable(t("The file is larger than 10 MB."));
  if (file.size === 0) throw new Unreadable(t("The file is empty."));
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (isPdf(bytes)) return (await import("./read-pdf.js")).pdfLines(bytes, onProgress);
  if (bytes.subarray(0, 8000).includes(0) && !isUtf16(bytes)) throw new Unreadable(t("This is no CSV, text or PDF file."));
  const text = decode(bytes);
  if (/\.csv$/i.test(file.name) || file.type === "text/csv") return csvLines(text);
  return text.split(/\r\n|\r|\n/).map((line, index) => ({ number: index + 1, text: line }));
}

const isPdf = (bytes) => String.fromCharCode(...bytes.subarray(0, 1024)).includes("%PDF-");
const isUtf16 = ([first, second]) => (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

// Office programs still write Windows' own characters.
function decode(bytes) {
  if (isUtf16(bytes)) return new TextDecoder(bytes[0] === 0xff ? "utf-16le" : "utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

async function csvLines(text) {
  const { default: papa } = await import("papaparse");
  return papa.parse(text).data.map((cells, index) => ({ number: index + 1, cells }));
}
