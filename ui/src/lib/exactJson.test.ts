import { expect, it } from 'vitest';
import { compactJson, roundedInteger } from './exactJson.ts';
import { prettyJson } from './format.ts';

it.each([
  ['[9007199254740993]', '9007199254740993'], ['{"a": -9223372036854775808}', '-9223372036854775808'], ['[1, 18446744073709551615, 2]', '18446744073709551615'],
  ['[9007199254740991, 9007199254740992, 0.12345678901234567890, 1e300, -0]', null],   // these come back as they are, or are no whole numbers
  ['{"9007199254740993": "9007199254740993 \\" 9007199254740993"}', null],             // texts are not numbers
  ['', null],
])('the whole number in %s that JSON.parse would round is %s', (text, rounded) => { expect(roundedInteger(text)).toBe(rounded); });

it('JSON is compacted without a change of its numbers and texts', () => {
  expect(compactJson('{\n  "a b": [9007199254740993, 1.50],\n  "c": " \\" x "\n}')).toBe('{"a b":[9007199254740993,1.50],"c":" \\" x "}');
  expect(compactJson('not { json')).toBe('not { json');
});

it('JSON is shown as it came where laying it out would round its numbers', () => {
  expect(prettyJson('{"y":[9007199254740993]}')).toBe('{"y":[9007199254740993]}');
  expect(prettyJson('{"y":[1,2]}')).toBe('{\n  "y": [1, 2]\n}');
});
