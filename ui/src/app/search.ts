/** Validator of search parameters: the named ones as text, others dropped. */
export const search = <Name extends string>(...names: Name[]) => (input: Record<string, unknown>): Partial<Record<Name, string>> => {
  const known: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = input[name];
    if (typeof value === 'string' && value !== '') known[name] = value;
  }
  return known;
};

/** Tabs of a deployment's page; the value is the last segment of its address. */
export const TABS = [
  { value: 'overview', label: 'Overview' },
  { value: 'live', label: 'Live' },
  { value: 'execute', label: 'Execute' },
  { value: 'history', label: 'History' },
  { value: 'logs', label: 'Logs' },
  { value: 'versions', label: 'Versions' },
  { value: 'routing', label: 'Variants & Routing' },
  { value: 'rollout', label: 'Rollout' },
  { value: 'analytics', label: 'Analytics' },
  { value: 'advanced', label: 'Advanced' },
] as const;
