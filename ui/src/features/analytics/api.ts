import { useQueries, useQuery } from '@tanstack/react-query';
import { get } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { AnalyticsInfo } from '../../lib/wire.ts';

export const RANGES = ['1h', '6h', '1d', '7d', '14d'] as const;
export type Range = (typeof RANGES)[number];

const analyticsQuery = (environment: string, name: string, range: Range) => ({
  queryKey: ['analytics', 'deployments', environment, name, { range }],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<AnalyticsInfo>(paths.analytics(environment, name), { range }, signal),
});

/** All variants together, and each on its own in `variants`. */
export const useAnalytics = (environment: string, name: string, range: Range) => useQuery({
  queryKey: ['analytics', 'deployments', environment, name, { range, by: 'variant' }],
  queryFn: ({ signal }) => get<AnalyticsInfo>(paths.analytics(environment, name), { range, by: 'variant' }, signal),
  placeholderData: (previous) => previous, refetchInterval: 30_000,
});

/** 95th percentile of the last hour of several deployments, by "environment/name"; null without requests. */
export function useP95(deployments: { environment: string; name: string }[]): Map<string, number | null> {
  return useQueries({
    queries: deployments.map(({ environment, name }) => ({ ...analyticsQuery(environment, name, '1h'), staleTime: 30_000, refetchInterval: 60_000 })),
    combine: (results) => new Map(deployments.map(({ environment, name }, index) => [`${environment}/${name}`, results[index]?.data?.p95_ms ?? null])),
  });
}
