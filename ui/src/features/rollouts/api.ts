import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { isAsked, type OrAsked } from '../../lib/asked.ts';
import { get, send } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { Page, RetryRolloutInfo, RolloutAction, RolloutInfo } from '../../lib/wire.ts';

/** While traffic moves its figures change each second, and nothing is pushed for them. */
const FIGURES_MS = 2_000;

export const isUnderWay = (rollout: RolloutInfo) => rollout.finished_at === null;

/** The last rollouts of a deployment, newest first. */
export const useRolloutsOf = (environment: string, name: string) => useQuery({
  queryKey: ['deployments', environment, name, 'rollouts'],
  queryFn: ({ signal }) => get<Page<RolloutInfo>>(paths.ofDeployment(environment, name, 'rollouts'), { limit: 50 }, signal)
    .then((page) => page.items.toSorted((a, b) => b.started_at.localeCompare(a.started_at))),
  refetchInterval: (query) => (query.state.data?.some(isUnderWay) === true ? FIGURES_MS : false),
});

/** Pause, resume, cancel, force, retry, cleanup. The answer is the rollout to show: after a retry the new one, or the request for it. */
export function useRolloutAction(rollout: RolloutInfo) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: RolloutAction) => (action === 'retry'
      ? send<OrAsked<RetryRolloutInfo>>('POST', paths.rolloutAction(rollout.id, action)).then((answer) => (isAsked(answer) ? answer : answer.rollout))
      : send<RolloutInfo>('POST', paths.rolloutAction(rollout.id, action))),
    onSettled: () => client.invalidateQueries({ queryKey: ['deployments'] }),
  });
}
