import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, send } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { AutoscalingInfo, LiveMetrics } from '../../lib/wire.ts';

/** How often what is live is asked for again; the server's own figures are a second old at most. */
const LIVE_MS = 3_000;

export const useAutoscaling = (environment: string, name: string) => useQuery({
  queryKey: ['deployments', environment, name, 'autoscaling'],
  queryFn: ({ signal }) => get<AutoscalingInfo>(paths.ofDeployment(environment, name, 'autoscaling'), {}, signal),
  refetchInterval: LIVE_MS,
});

export const useLiveMetrics = (environment: string, name: string) => useQuery({
  queryKey: ['deployments', environment, name, 'metrics'],
  queryFn: ({ signal }) => get<LiveMetrics>(paths.ofDeployment(environment, name, 'metrics'), {}, signal),
  refetchInterval: LIVE_MS,
});

export function useWake(environment: string, name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => send('POST', paths.ofDeployment(environment, name, 'wake')),
    onSuccess: () => client.invalidateQueries({ queryKey: ['deployments'] }),
  });
}
