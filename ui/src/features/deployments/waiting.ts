import { useQuery } from '@tanstack/react-query';
import { get } from '../../lib/http.ts';
import { approvalPaths } from '../../lib/pathsApprovals.ts';
import type { DeploymentInfo, EnvironmentInfo, Page } from '../../lib/wire.ts';
import type { ApprovalInfo } from '../../lib/wireApprovals.ts';
import { useNextEnvironment } from './promotions.ts';

/** Requests about deployments that wait for a reviewer; one answer for every card of the board. */
const useWaiting = () => useQuery({
  queryKey: ['approvals', { kind: 'deployment', state: 'pending' }],
  queryFn: ({ signal }) => get<Page<ApprovalInfo>>(approvalPaths.approvals, { kind: 'deployment', state: 'pending', limit: 500 }, signal).then((page) => page.items),
});

/** What waits for a reviewer: a change of this deployment, and its promotion to the next environment. */
export function useWaitingRequests({ environment, name }: Pick<DeploymentInfo, 'environment' | 'name'>): { own: ApprovalInfo | undefined; onward: ApprovalInfo | undefined } {
  const waiting = useWaiting().data ?? [];
  const next = useNextEnvironment(environment);
  return {
    own: waiting.find((one) => one.resource === `deployments/${environment}/${name}`),
    onward: next === null ? undefined : waiting.find((one) => one.resource === `deployments/${next.name}/${name}` && one.action.includes(` from ${environment} to `)),   // as a promotion says it
  };
}

/** Whether what becomes live there waits for somebody else. */
export function asksForApproval(environment: EnvironmentInfo | null | undefined): environment is EnvironmentInfo {
  return environment !== null && environment !== undefined && environment.protected && environment.approval;
}
