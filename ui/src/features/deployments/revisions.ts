import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { OrAsked } from '../../lib/asked.ts';
import { send } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { DeploymentInfo, RevisionInfo, RolloutInfo, RolloutSettings } from '../../lib/wire.ts';
import type { DeploymentRef } from './api.ts';

function useOf<Input, Answer>(mutationFn: (input: Input) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => client.invalidateQueries({ predicate: (query) => query.queryKey[0] === 'deployments' || query.queryKey[0] === 'approvals' }) });
}

export const useRedeploy = ({ environment, name }: DeploymentRef) =>
  useOf(({ number, ...how }: { number: number; rollout?: RolloutSettings; comment?: string }) => send<OrAsked<RolloutInfo>>('POST', paths.ofDeployment(environment, name, `revisions/${number}/redeploy`), how));

/** Builds what is live once more, as a new revision. */
export const useRebuild = ({ environment, name }: DeploymentRef) =>
  useOf((comment: string) => send<OrAsked<RolloutInfo>>('POST', paths.ofDeployment(environment, name, 'rebuild'), comment.trim() === '' ? {} : { comment: comment.trim() }));

/** Back to a revision; null: to what was live before. */
export const useRollback = ({ environment, name }: DeploymentRef) =>
  useOf((revision: number | null) => send<OrAsked<RolloutInfo>>('POST', paths.ofDeployment(environment, name, 'rollback'), { revision }));

export const useSwitchRevision = ({ environment, name }: DeploymentRef) =>
  useOf(({ number, verb }: { number: number; verb: 'activate' | 'deactivate' }) => send<DeploymentInfo>('POST', paths.ofDeployment(environment, name, `revisions/${number}/${verb}`)));

export const useRenameRevision = ({ environment, name }: DeploymentRef) =>
  useOf(({ number, ...body }: { number: number; name: string; labels: Record<string, string> }) =>
    send<RevisionInfo>('PATCH', paths.ofDeployment(environment, name, `revisions/${number}`), body));

/** Sets variables; null takes one away. A new revision is rolled out. */
export const useSetVariables = ({ environment, name }: DeploymentRef) =>
  useOf((variables: Record<string, string | null>) => send<OrAsked<RolloutInfo>>('POST', paths.ofDeployment(environment, name, 'revisions'), { variables }));
