import { describe, expect, it } from 'vitest';
import { formatBytes, formatJson, formatMs, formatRatio, formatRelative } from './format.ts';

describe('Numbers are shown with their unit and no more digits than a reader can use', () => {
  it.each([[0, '0 B'], [1536, '1.5 KiB'], [1_432_112, '1.4 MiB'], [180_000_000_000, '168 GiB']])('%d bytes are %s', (bytes, text) => { expect(formatBytes(bytes)).toBe(text); });
  it.each([[0.1234, '0.12 ms'], [3.42, '3.4 ms'], [181.6, '182 ms'], [1300, '1.3 s'], [null, '–']])('%s milliseconds are %s', (ms, text) => { expect(formatMs(ms)).toBe(text); });
  it.each([
    [1, '100 %'], [0, '0 %'], [0.99999, '99.99 %'], // never 100 while something failed
    [0.00001, '0.01 %'], // never 0 while something did
    [0.953, '95.3 %'], [null, '–'],
  ])('a ratio of %s is %s', (ratio, text) => { expect(formatRatio(ratio)).toBe(text); });
});

it.each([[5, 'just now'], [240, '4 min ago'], [7_300, '2 h ago'], [86_400 * 3, '3 days ago'], [-86_400 * 3, 'in 3 days']])('%d seconds ago reads as %s', (seconds, text) => {
  const now = Date.now();
  expect(formatRelative(new Date(now - seconds * 1000), now)).toBe(text);
});

it('JSON is indented, but a row of numbers stays a row', () => {
  expect(formatJson({ inputs: [[5.1, 3.5], [6, 2]] })).toBe('{\n  "inputs": [[5.1, 3.5], [6, 2]]\n}');
  expect(formatJson([])).toBe('[]');
});
