import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, send } from '../../lib/http.ts';
import { approvalPaths } from '../../lib/pathsApprovals.ts';
import type { Page, Stage } from '../../lib/wire.ts';
import type { ApprovalInfo, StageProtectionInfo } from '../../lib/wireApprovals.ts';

/** The rules that a model is under; every rule there is when `model` is null. */
export const useProtections = (model: string | null, enabled = true) => useQuery({
  queryKey: model === null ? ['models', { protections: true }] : ['models', model, 'protection'],
  queryFn: ({ signal }) => get<Page<StageProtectionInfo>>(model === null ? approvalPaths.protections : approvalPaths.modelProtection(model), {}, signal).then((page) => page.items),
  enabled,
});

/** The rule that a move between two stages is under: Production's comes first. */
export function ruleOf(rules: StageProtectionInfo[], from: Stage, to: Stage | null): StageProtectionInfo | undefined {
  return ['Production', 'Staging'].filter((stage) => stage === from || stage === to).map((stage) => rules.find((rule) => rule.stage === stage)).find((rule) => rule !== undefined);
}

/** Requests that wait for a reviewer, about a model's versions or one of them. */
export const usePendingApprovals = (resource: string) => useQuery({
  queryKey: ['approvals', { resource, state: 'pending' }],
  queryFn: ({ signal }) => get<Page<ApprovalInfo>>(approvalPaths.approvals, { resource, state: 'pending', limit: 100 }, signal).then((page) => page.items),
});

export function useProtect(model: string | null) {
  const client = useQueryClient();
  const changed = () => client.invalidateQueries({ predicate: (query) => query.queryKey[0] === 'models' || query.queryKey[0] === 'approvals' });
  return {
    set: useMutation({ mutationFn: ({ stage, reviewers }: { stage: string; reviewers: string[] }) => send<StageProtectionInfo>('PUT', approvalPaths.protection(model, stage), { reviewers }), onSuccess: changed }),
    remove: useMutation({ mutationFn: (stage: string) => send('DELETE', approvalPaths.protection(model, stage)), onSuccess: changed }),
  };
}
