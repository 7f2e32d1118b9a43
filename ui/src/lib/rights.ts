import { notifyManager, useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useCallback, useSyncExternalStore } from 'react';
import type { EnvironmentInfo, SessionInfo } from './wire.ts';

/**
 * What the cache holds, without asking for it. No `useQuery` without a queryFn of its own: the query would take that over from the last one that looked, and could not be asked again.
 */
function useKnown<T>(key: QueryKey): T | undefined {
  const client = useQueryClient();
  return useSyncExternalStore(useCallback((changed) => client.getQueryCache().subscribe(notifyManager.batchCalls(changed)), [client]), () => client.getQueryData<T>(key));
}

/** Whether who is signed in has a right at all; true while nobody knows. Of what is theirs alone the server decides, by owner. */
export function useMay(): (right: string) => boolean {
  const session = useKnown<SessionInfo | null>(['session']);   // the shell keeps it
  return (right) => session?.rights.includes(right) ?? true;
}

/** Whether who is signed in may operate deployments of an environment at all. */
export function useMayOperate(environment: string): boolean {
  const all = useKnown<EnvironmentInfo[]>(['environments']);
  return useMay()(operateRight(environment, all?.find((one) => one.name === environment)));
}

/** The right that operating a deployment of an environment needs. */
export const operateRight = (name: string, environment: Pick<EnvironmentInfo, 'protected'> | undefined) =>
  (environment?.protected === true ? 'operate_production' : name === 'development' ? 'deploy_to_development' : 'operate_staging');

/** The right that promoting to an environment needs. */
export const promoteRight = (next: Pick<EnvironmentInfo, 'protected'>) => (next.protected ? 'operate_production' : 'deploy_to_development');
