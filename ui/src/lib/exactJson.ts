/** The texts and numbers of a JSON text. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** The first whole number of a JSON text that JSON.parse would not give back as it is written, such as 9007199254740993; null: there is none. */
export function roundedInteger(text: string): string | null {
  for (const [token] of text.matchAll(TOKENS)) {
    if (token.length > 15 && /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) && String(Number(token)) !== token) return token;
  }
  return null;
}

/** JSON without blanks and line ends between its parts; its numbers and texts stay as they are written. */
export function compactJson(text: string): string {
  try { JSON.parse(text); } catch { return text; }
  return text.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|\s+/g, '$1');
}
