import type { ApprovalDetail, ApprovalInfo, NotificationInfo, StageProtectionInfo } from '../lib/wireApprovals.ts';
import { ago } from './data.ts';

export const anApproval = (change: Partial<ApprovalInfo> = {}): ApprovalInfo => ({
  id: '0197f3a2-3333-7000-8000-000000000001', kind: 'stage_transition', subject: 'iris v3', resource: 'models/iris/versions/3', action: 'Move iris v3 from Staging to Production and archive v2.',
  from: 'Staging', to: 'Production', requester: 'grace', comment: 'better recall', requested_at: ago(600), reviewers: ['ada', 'boss'], state: 'pending', decided_by: null, decided_at: null,
  decision_comment: null, closed_reason: null, closed_at: null, applied_at: null, waiting_because: null, comment_count: 1, can_decide: true, can_cancel: false, notes: [], ...change,
});

export const anApprovalDetail = (approval: ApprovalInfo): ApprovalDetail => ({
  approval, comments: [{ author: 'boss', text: 'Which data set?', at: ago(300) }], stale_because: null,
  evidence: [
    {
      title: 'Version', note: null, columns: [{ title: 'v3, asked for', resource: 'models/iris/versions/3' }, { title: 'v2, in Production now', resource: 'models/iris/versions/2' }],
      rows: [{ label: 'Stage', kind: 'text', values: ['Staging', 'Production'] }, { label: 'Source run', kind: 'text', values: ['flowers / night-run', null], resources: ['runs/0123', null] }, { label: 'Size', kind: 'bytes', values: ['2048', '1024'] }],
    },
    { title: 'Deployed now', note: null, columns: [{ title: 'v3, asked for', resource: null }, { title: 'v2, in Production now', resource: null }], rows: [{ label: 'production/iris', kind: 'text', values: [null, 'live, revision 2'], resources: [null, 'deployments/production/iris'] }] },
    {
      title: 'Validation metrics', note: null, columns: [{ title: 'v3, asked for', resource: null }, { title: 'v2, in Production now', resource: null }],
      rows: [{ label: 'accuracy', kind: 'number', values: ['0.97', '0.95'] }, { label: 'f1', kind: 'number', values: ['0.9', null] }],
    },
  ],
});

export const aNotification = (change: Partial<NotificationInfo> = {}): NotificationInfo => ({
  id: '7', kind: 'approval_requested', title: 'grace asks: Move iris v3 from Staging to Production and archive v2.', text: 'better recall', link: `/approvals/${anApproval().id}`,
  created_at: ago(600), read_at: null, ...change,
});

export const aProtection = (change: Partial<StageProtectionInfo> = {}): StageProtectionInfo => ({
  model: null, stage: 'Production', reviewers: ['ada', 'boss'], approvals: 1, updated_by: 'admin', updated_at: ago(86_400), ...change,
});
