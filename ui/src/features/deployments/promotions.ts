import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { OrAsked } from '../../lib/asked.ts';
import { get, send } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { DeploymentInfo, EnvironmentInfo, Page, PromotedInfo, PromotionInfo } from '../../lib/wire.ts';
import { useEnvironments, type DeploymentRef } from './api.ts';

/** The environment that a promotion from this one goes to; null from the last, and while it is not known. */
export function useNextEnvironment(environment: string): EnvironmentInfo | null {
  const all = useEnvironments().data ?? [];
  const here = all.find((one) => one.name === environment);
  return here === undefined ? null : all.find((one) => one.order > here.order) ?? null;
}

function useMove<Answer>({ environment, name }: DeploymentRef, verb: 'promote' | 'reject') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (comment: string) => send<Answer>('POST', paths.ofDeployment(environment, name, verb), { comment: comment === '' ? null : comment }),
    onSuccess: () => client.invalidateQueries({ predicate: (query) => query.queryKey[0] === 'deployments' || query.queryKey[0] === 'approvals' }),
  });
}

export const usePromote = (ref: DeploymentRef) => useMove<OrAsked<PromotedInfo>>(ref, 'promote');
export const useReject = (ref: DeploymentRef) => useMove<DeploymentInfo>(ref, 'reject');

export const usePromotions = ({ environment, name }: DeploymentRef) => useQuery({
  queryKey: ['deployments', environment, name, 'promotions'],
  queryFn: ({ signal }) => get<Page<PromotionInfo>>(paths.ofDeployment(environment, name, 'promotions'), { limit: 50 }, signal).then((page) => page.items),
});
