import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, send } from '../../lib/http.ts';
import { usePages } from '../../lib/pages.ts';
import { approvalPaths } from '../../lib/pathsApprovals.ts';
import type { StateWord } from '../../lib/states.ts';
import type { ApprovalDetail, ApprovalInfo } from '../../lib/wireApprovals.ts';

/** Requests, newest first. `state` empty: all. */
export const useApprovals = (state: string, mine: string) => usePages<ApprovalInfo>(['approvals', { state, mine }], approvalPaths.approvals, { state, mine });

export const useApproval = (id: string) => useQuery({ queryKey: ['approvals', id], queryFn: ({ signal }) => get<ApprovalDetail>(approvalPaths.approval(id), {}, signal) });

/** Approves, rejects, cancels, comments. What it is about changes with it. */
export function useVerb(id: string, verb: 'approve' | 'reject' | 'cancel' | 'comments') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { comment?: string | null; text?: string }) => send<ApprovalInfo>('POST', approvalPaths.ofApproval(id, verb), body),
    // Also when it was refused: it may have been decided or closed meanwhile.
    onSettled: () => client.invalidateQueries({ predicate: (query) => ['approvals', 'models', 'deployments'].includes(String(query.queryKey[0])) }),
  });
}

/** The state of a request in words. */
export function approvalWord(a: ApprovalInfo): StateWord {
  switch (a.state) {
    case 'pending': return { tone: 'look', word: 'Pending', meaning: `Waits for ${a.reviewers.join(' or ')}.` };
    case 'approved': return a.applied_at !== null
      ? { tone: 'well', word: 'Approved', meaning: 'Approved, and the change was made.' }
      : { tone: 'moving', word: a.waiting_because === null ? 'Approved, being made' : 'Approved, waits', meaning: a.waiting_because ?? 'The change will be made in a moment.' };
    case 'rejected': return { tone: 'broken', word: 'Rejected', meaning: 'Rejected; nothing was changed.' };
    case 'cancelled': return { tone: 'rest', word: 'Cancelled', meaning: 'Withdrawn by who asked.' };
    case 'closed': return { tone: 'rest', word: 'Closed', meaning: a.closed_reason ?? 'It went stale.' };
  }
}

type PageLink = { to: '/models/$model/$version'; params: { model: string; version: string } } | { to: '/deployments/$env/$name/$tab'; params: { env: string; name: string; tab: string } } | { to: '/runs/$run'; params: { run: string } };

/** The page of what a request is about or its evidence names: a version, a deployment, one of its revisions, a run. */
export function pageOf(resource: string): PageLink | null {
  const [kind, first, second, third] = resource.split('/');
  if (kind === 'runs' && first !== undefined) return { to: '/runs/$run', params: { run: first } };
  if (first === undefined || second === undefined) return null;
  if (kind === 'deployments') return { to: '/deployments/$env/$name/$tab', params: { env: first, name: second, tab: third === undefined ? 'overview' : 'versions' } };
  return kind === 'models' && third !== undefined ? { to: '/models/$model/$version', params: { model: first, version: third } } : null;
}

/** The version that a request is about; null: it is about something else. */
export function versionOf(a: ApprovalInfo): { model: string; version: number } | null {
  const [kind, model, , version] = a.resource.split('/');
  return kind === 'models' && model !== undefined && version !== undefined ? { model: decodeURIComponent(model), version: Number(version) } : null;
}

/** The page of a request's subject; null: what it would make is not there yet. */
export const subjectPage = (a: ApprovalInfo): PageLink | null => (a.kind === 'deployment' && a.from === null && a.applied_at === null ? null : pageOf(a.resource));
