// SPDX-License-Identifier: Apache-2.0
// The text of a PDF as lines, by where its pieces stand on the page. Loaded with the first PDF.
import { getDocument, GlobalWorkerOptions } from "pdfjs-dist/legacy/build/pdf.min.mjs";
import { t } from "./texts.js";
import { Unreadable } from "./read-document.js";
import worker from "file:pdf-worker.js";

const MAX_PAGES = 200;
GlobalWorkerOptions.workerSrc = new URL(worker, import.meta.url).href;

export async function pdfLines(bytes, onProgress) {
  const loading = getDocument({ data: bytes, isEvalSupported: false, enableXfa: false, disableFontFace: true, useSystemFonts: false, useWasm: false, verbosity: 0 });
  try {
    const pdf = await loading.promise.catch((error) => {
      throw new Unreadable(error.name === "PasswordException" ? t("The PDF is locked with a password.") : t("The PDF can't be read. It may be damaged."));
    });
    if (pdf.numPages > MAX_PAGES) throw new Unreadable(t("The PDF has more than 200 pages."));
    const lines = [];
    for (let page = 1; page <= pdf.numPages; page += 1) {
      onProgress(page, pdf.numPages);
      const { items } = await (await pdf.getPage(page)).getTextContent();
      for (const text of linesOf(items)) lines.push({ number: lines.length + 1, text });
    }
    if (lines.every(({ text }) => text.trim() === "")) throw new Unreadable(t("The PDF has no text: it may be a scan."));
    return lines;
  } finally {
    loading.destroy();
  }
}

// Pieces at one height are a line; a gap wider than any blank parts columns. A table may go on on the next page.
function linesOf(items) {
  const pieces = items.filter(({ str }) => str.trim() !== "").map(({ str, transform, width, height }) =>
    ({ text: str, x: transform[4], y: transform[5], width, height: height || Math.abs(transform[3]) || 10 }));
  pieces.sort((a, b) => b.y - a.y || a.x - b.x);
  const lines = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last && Math.abs(last[0].y - piece.y) < Math.min(last[0].height, piece.height) / 2) last.push(piece);
    else lines.push([piece]);
  }
  return lines.map((line) => line.sort((a, b) => a.x - b.x).reduce((text, piece, index) => {
    if (index === 0) return piece.text;
    const gap = piece.x - line[index - 1].x - line[index - 1].width;
    return text + (gap > piece.height * 0.6 ? "  " : gap > piece.height * 0.15 ? " " : "") + piece.text;
  }, ""));
}
