import { roundedInteger } from './exactJson.ts';
import type { TensorInfo } from './wire.ts';

const numbers = new Intl.NumberFormat('en');

export const formatNumber = (value: number) => numbers.format(value);

/** 1536 → "1.5 KiB". */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds with the precision a reader can use: "0.84 ms", "12 ms", "1.3 s". Null: "–". */
export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  if (ms < 10) return `${ms.toFixed(ms < 1 ? 2 : 1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return formatSeconds(ms / 1000);
}

export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min${seconds % 60 >= 1 ? ` ${Math.floor(seconds % 60)} s` : ''}`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 0.9987 → "99.87 %"; never rounds up to 100 while something failed. Null: "–". */
export function formatRatio(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined) return '–';
  const percent = ratio * 100;
  if (percent === 100 || percent === 0) return `${percent} %`;
  const rounded = Math.min(99.99, Math.max(0.01, percent));
  return `${rounded.toFixed(rounded > 99 || rounded < 1 ? 2 : 1)} %`;
}

/** "just now", "4 min ago", "in 3 days". */
export function formatRelative(at: string | Date, now: number): string {
  const seconds = Math.round((now - new Date(at).getTime()) / 1000);
  const ahead = seconds < -5;
  const distance = Math.abs(seconds);
  const words = distance < 45 ? (ahead ? `${distance} s` : 'just now')
    : distance < 3600 ? `${Math.max(1, Math.round(distance / 60))} min`
    : distance < 86_400 ? `${Math.round(distance / 3600)} h`
    : distance < 2 * 86_400 ? '1 day'
    : distance < 60 * 86_400 ? `${Math.round(distance / 86_400)} days`
    : `${Math.round(distance / (30 * 86_400))} months`;
  if (words === 'just now') return words;
  return ahead ? `in ${words}` : `${words} ago`;
}

/** Local date and time with seconds and the zone's name. */
export function formatExact(at: string | Date): string {
  return new Date(at).toLocaleString('en-GB', {
    year: 'numeric', month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short',
  });
}

export const plural = (count: number, one: string, many = `${one}s`) => `${formatNumber(count)} ${count === 1 ? one : many}`;

/** A JSON value for reading: indented, but a list or object that fits into a line stays in one. */
export function formatJson(value: unknown, indent = ''): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((inner) => formatJson(inner, deeper))
    : Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${formatJson(inner, deeper)}`);
  const line = `${open}${parts.join(', ')}${close}`;
  if (indent !== '' && line.length <= 72 && !line.includes('\n')) return line;
  return parts.length === 0 ? line : `${open}\n${parts.map((part) => deeper + part).join(',\n')}\n${indent}${close}`;
}

/** JSON for reading where the text is JSON that can be laid out as it is, else the text as it is. */
export function prettyJson(text: string): string {
  try { return roundedInteger(text) === null ? formatJson(JSON.parse(text)) : text; } catch { return text; }
}

/** Datatype and shape, `FP32 [batch, 64]`: sizes that are free by their names. */
export const formatTensor = (tensor: TensorInfo) =>
  `${tensor.structure ?? tensor.datatype} [${tensor.shape.map((size, at) => (size >= 0 ? String(size) : tensor.dimensions[at] ?? 'any')).join(', ')}]`;
