import { expect, it } from 'vitest';
import { labelsOf, labelsText } from './LabelsInput.tsx';

it.each([
  ['team=risk\n\n tier = gold ', { team: 'risk', tier: 'gold' }, undefined],
  ['{"team": "risk", "note": "a=b"}', { team: 'risk', note: 'a=b' }, undefined],
  ['{"team": 7}', {}, 'The value of “team” must be a text, in quotation marks'],
  ['risk', {}, '“risk” is not key=value'],
])('Labels are lines or a JSON object: %s', (text, labels, error) => {
  expect(labelsOf(text)).toEqual(error === undefined ? { labels } : { labels, error });
});

it('Half a JSON object is not sent, and what was lines comes back as lines', () => {
  expect(labelsOf('{"team": ').error).toMatch(/^Not valid JSON/);
  const { labels } = labelsOf('a=1\nb=x=y');
  expect(labelsOf(JSON.stringify(labels)).labels).toEqual(labels);
  expect(labelsText(labels)).toBe('a=1\nb=x=y');
});
