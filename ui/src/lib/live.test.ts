import { describe, expect, it } from 'vitest';
import { outdates } from './live.ts';

describe('A pushed change outdates what shows the changed thing, and nothing else', () => {
  const changed = { kind: 'deployment', resource: 'deployments/production/iris' };
  it.each([
    [['deployments', 'production', 'iris'], true, 'the deployment itself'],
    [['deployments', 'production', 'iris', 'replicas'], true, 'what lies below it'],
    [['deployments', { board: true }], true, 'the lists above it'],
    [['environments'], true, 'the count of its environment'],
    [['deployments', 'production', 'churn'], false, 'another deployment'],
    [['models', {}], false, 'another kind of thing'],
    [['session'], false, 'who is signed in'],
  ] as [unknown[], boolean, string][])('%j: %s (%s)', (...[key, expected]) => { expect(outdates(changed, key)).toBe(expected); });

  it('a prediction outdates the history, analytics and traffic of its deployment, but no logs', () => {
    const prediction = { kind: 'prediction', resource: 'deployments/production/iris' };
    expect(outdates(prediction, ['predictions', { environment: 'production', deployment: 'iris' }])).toBe(true);
    expect(outdates(prediction, ['predictions', { environment: 'production', deployment: 'churn' }])).toBe(false);
    expect(outdates(prediction, ['predictions', 'an-id'])).toBe(false); // what is recorded does not change
    expect(outdates(prediction, ['analytics', 'deployments', 'production', 'iris', {}])).toBe(true);
    expect(outdates(prediction, ['deployments', { board: true }])).toBe(true);
    expect(outdates(prediction, ['deployments', 'production', 'iris'])).toBe(true);
    expect(outdates(prediction, ['deployments', 'production', 'iris', 'logs', {}])).toBe(false);
  });

  it('names that were encoded are compared decoded', () => { expect(outdates({ kind: 'model', resource: 'models/a%20b' }, ['models', 'a b'])).toBe(true); });
});
