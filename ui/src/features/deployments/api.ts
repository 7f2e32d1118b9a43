import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { OrAsked } from '../../lib/asked.ts';
import { get, send } from '../../lib/http.ts';
import { usePages } from '../../lib/pages.ts';
import { paths } from '../../lib/paths.ts';
import type { DraftDiffInfo, DraftInfo } from '../../lib/wireDrafts.ts';
import type {
  CreateDeploymentRequest, CreateRevisionRequest, DeploymentInfo, EnvironmentInfo, Page, RetryDeploymentInfo, RevisionInfo, RolloutInfo, UpdateDeploymentRequest,
} from '../../lib/wire.ts';

/** `label`: key, or key:value. */
export interface DeploymentFilter { environment?: string; q?: string; status?: string; label?: string }

/** Names one deployment. */
export interface DeploymentRef { environment: string; name: string }

const keyOf = ({ environment, name }: DeploymentRef) => ['deployments', environment, name];

/** All deployments, for the board and the palette: up to 500. */
export const useAllDeployments = (enabled = true) => useQuery({
  queryKey: ['deployments', { board: true }],
  queryFn: ({ signal }) => get<Page<DeploymentInfo>>(paths.deployments, { limit: 500 }, signal).then((page) => page.items),
  enabled,
});

export const useDeployments = (filter: DeploymentFilter) => usePages<DeploymentInfo>(['deployments', { ...filter }], paths.deployments, { ...filter }, 100);

export const useDeployment = (ref: DeploymentRef) => useQuery({
  queryKey: keyOf(ref),
  queryFn: ({ signal }) => get<DeploymentInfo>(paths.deployment(ref.environment, ref.name), {}, signal),
});

/** Draft of a live deployment, with its newest files. */
export const useDraft = (ref: DeploymentRef, enabled: boolean) => useQuery({
  queryKey: [...keyOf(ref), 'draft'], queryFn: ({ signal }) => get<DraftInfo>(paths.ofDeployment(ref.environment, ref.name, 'draft'), {}, signal), enabled,
});

/** What its newest files changed; `hash` is theirs, so that another patch is another answer. */
export const useDraftDiff = (ref: DeploymentRef, hash: string) => useQuery({
  queryKey: [...keyOf(ref), 'draft', 'diff', hash], queryFn: ({ signal }) => get<DraftDiffInfo>(paths.ofDeployment(ref.environment, ref.name, 'draft/diff'), {}, signal),
});

export const useEnvironments = () => useQuery({
  queryKey: ['environments'],
  queryFn: ({ signal }) => get<Page<EnvironmentInfo>>(paths.environments, {}, signal).then((page) => page.items.toSorted((a, b) => a.order - b.order)),
});

export const useRevisions = (ref: DeploymentRef) => useQuery({
  queryKey: [...keyOf(ref), 'revisions'],
  queryFn: ({ signal }) => get<Page<RevisionInfo>>(paths.ofDeployment(ref.environment, ref.name, 'revisions'), { limit: 100 }, signal)
    .then((page) => page.items.toSorted((a, b) => b.number - a.number)),
});

export const useRollouts = (ref: DeploymentRef) => useQuery({
  queryKey: [...keyOf(ref), 'rollouts'],
  queryFn: ({ signal }) => get<Page<RolloutInfo>>(paths.ofDeployment(ref.environment, ref.name, 'rollouts'), { limit: 50 }, signal)
    .then((page) => page.items.toSorted((a, b) => b.started_at.localeCompare(a.started_at))),
});

/** Whatever was done to a deployment: ask again for it and for the lists. */
function useRefresh() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ predicate: (query) => query.queryKey[0] === 'deployments' || query.queryKey[0] === 'approvals' });
}

export function useCreateDeployment() {
  const refresh = useRefresh();
  return useMutation({ mutationFn: (body: CreateDeploymentRequest) => send<OrAsked<DeploymentInfo>>('POST', paths.deployments, body), onSuccess: refresh });
}

export function useUpdateDeployment({ environment, name }: DeploymentRef) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ etag, ...body }: UpdateDeploymentRequest & { etag: string }) =>
      send<DeploymentInfo>('PATCH', paths.deployment(environment, name), body, { 'If-Match': etag.startsWith('"') ? etag : `"${etag}"` }),
    onSuccess: (deployment) => { client.setQueryData(keyOf({ environment, name }), deployment); return client.invalidateQueries({ queryKey: ['deployments'] }); },
    // Refused because somebody else was faster: have their values at hand.
    onError: () => client.invalidateQueries({ queryKey: keyOf({ environment, name }) }),
  });
}

export function useDeleteDeployment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ environment, name }: DeploymentRef) => send('DELETE', paths.deployment(environment, name)),
    onSuccess: (_, ref) => {
      client.removeQueries({ queryKey: keyOf(ref) });
      return client.invalidateQueries({ queryKey: ['deployments'] });
    },
  });
}

export function useCreateRevision({ environment, name }: DeploymentRef) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: CreateRevisionRequest) => send<OrAsked<RolloutInfo>>('POST', paths.ofDeployment(environment, name, 'revisions'), body), onSuccess: refresh,
  });
}

export function useScale({ environment, name }: DeploymentRef) {
  const refresh = useRefresh();
  return useMutation({ mutationFn: (replicas: number) => send('POST', paths.ofDeployment(environment, name, 'scale'), { replicas }), onSuccess: refresh });
}

export type Verb = 'stop' | 'start' | 'restart' | 'retry' | 'wake';
export function useVerb() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ environment, name, verb }: DeploymentRef & { verb: Verb }) => send<OrAsked<DeploymentInfo | RetryDeploymentInfo>>('POST', paths.ofDeployment(environment, name, verb)), onSuccess: refresh,
  });
}
