import type { FieldType } from './wireRouting.ts';

/** A value of a context field as it was typed, or undefined when nothing was. What is no value of the type stays a text. */
export function contextValueOf(text: string, type: FieldType): unknown {
  if (text.trim() === '') return undefined;
  return type === 'list' ? listOf(text, 'list') : scalarOf(text.trim(), type);
}

/** Several values: a JSON array, or texts with commas between them. */
export function listOf(text: string, type: FieldType): unknown[] {
  const json = jsonOf(text);
  return Array.isArray(json) ? json : text.split(',').map((part) => part.trim()).filter((part) => part !== '').map((part) => scalarOf(part, type));
}

export function scalarOf(text: string, type: FieldType): unknown {
  if (type === 'string' || type === 'date') return text;
  const json = jsonOf(text);
  return typeof json === 'number' || typeof json === 'boolean' || (type === 'list' && typeof json === 'string') ? json : text;
}

/** Why the routing table would not use a value; undefined: it would, or none was typed. */
export function contextProblem(text: string, type: FieldType): string | undefined {
  const value = contextValueOf(text, type);
  if (value === undefined) return undefined;
  if (type === 'number' && typeof value !== 'number') return 'No number, so it counts as not given';
  if (type === 'date' && !/^\d{4}-\d\d-\d\d(T.+)?$/.test(text.trim())) return 'No date: 2026-11-27 or 2026-11-27T08:00:00Z';
  return undefined;
}

/** The headers that tell a deployment what a request says of itself. A header carries ASCII alone from a browser; JSON has escapes for the rest. */
export const contextHeaders = (context: Record<string, unknown>, identity: string): Record<string, string> => ({
  ...(Object.keys(context).length === 0 ? {} : { 'Slipway-Context': asciiJson(context) }), ...(identity === '' ? {} : { 'Slipway-Identity': identity }),
});

const asciiJson = (value: unknown) => JSON.stringify(value).replace(/[\u0080-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

function jsonOf(text: string): unknown {
  try { return JSON.parse(text) as unknown; } catch { return undefined; }
}
