import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { OrAsked } from '../../lib/asked.ts';
import { send } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { StateWord } from '../../lib/states.ts';
import type { DeploymentInfo, FollowingInfo, RolloutInfo } from '../../lib/wire.ts';
import type { DeploymentRef } from './api.ts';

/** Sets the alias or stage that the version is chosen by, takes it away, and brings the deployment to what it names. */
export function useFollowing({ environment, name }: DeploymentRef) {
  const client = useQueryClient();
  const path = paths.ofDeployment(environment, name, 'following');
  // Also when it was refused: the name may have been set all the same.
  const onSettled = () => client.invalidateQueries({ predicate: (query) => query.queryKey[0] === 'deployments' || query.queryKey[0] === 'approvals' });
  return {
    set: useMutation({ mutationFn: (body: { reference: string; follow: boolean; on_move: string }) => send<OrAsked<DeploymentInfo>>('PUT', path, body), onSettled }),
    remove: useMutation({ mutationFn: () => send<DeploymentInfo>('DELETE', path), onSettled }),
    catchUp: useMutation({ mutationFn: () => send<OrAsked<RolloutInfo>>('POST', `${path}/catch-up`), onSettled }),
  };
}

/** How a deployment stands to its name, as a state. */
export function followingWord({ state, version, reason }: FollowingInfo): StateWord {
  const meaning = reason ?? '';
  switch (state) {
    case 'current': return { tone: 'well', word: 'Up to date', meaning: 'It serves what the name names.' };
    case 'rolling_out': return { tone: 'moving', word: `v${version ?? '?'} is being rolled out`, meaning: 'The name has moved, and the deployment moves along.' };
    case 'waiting': return { tone: 'moving', word: 'Waits', meaning };
    case 'waits_for_approval': return { tone: 'look', word: 'Waits for approval', meaning };
    case 'held': return { tone: 'look', word: 'Following is held', meaning };
    case 'drift': return { tone: 'look', word: 'Drift', meaning };
    case 'unresolved': return { tone: 'look', word: 'Names nothing', meaning };
  }
}

/** Whether bringing it up to date by hand is the next thing to do. */
export const mayCatchUp = (following: FollowingInfo) => following.state === 'held' || following.state === 'drift';
