import { Button, Group, Stack, Textarea } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Check, X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Facts, Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { toast } from '../../components/Toasts.tsx';
import type { ApprovalDetail, ApprovalInfo } from '../../lib/wireApprovals.ts';
import { approvalWord, subjectPage, useApproval, useVerb } from './api.ts';
import { EvidenceTable } from './EvidenceTable.tsx';

/** One request: the decision beside the evidence. */
export function ApprovalPage({ id, lineage }: { id: string; lineage?: (approval: ApprovalInfo) => ReactNode }) {
  const query = useApproval(id);
  const approval = query.data?.approval;
  return (
    <>
      <PageHead tab={approval?.subject ?? 'Approval'} title={<><Link to="/approvals" style={{ color: 'inherit' }}>Approvals</Link> <span className="sw-dim">/</span> {approval?.subject ?? '…'} {approval === undefined ? null : <StateBadge state={approvalWord(approval)} />}</>}
        lead={approval?.action} />
      <QueryView query={query} title="The request could not be loaded" loading={<BlockSkeleton height={420} />}>
        {(detail) => (
          <div className="sw-columns">
            <div style={{ display: 'grid', gap: 16, minWidth: 0 }}>
              {detail.evidence.length === 0 ? <Notice tone="rest" title="Nothing left to compare">What this request was about is gone.</Notice> : null}
              {detail.evidence.map((section) => <EvidenceTable key={section.title} section={section} />)}
              {detail.evidence.length === 0 ? null : lineage?.(detail.approval)}
            </div>
            <div style={{ display: 'grid', gap: 16, alignContent: 'start' }}>
              <Decision detail={detail} />
              <Conversation detail={detail} />
            </div>
          </div>
        )}
      </QueryView>
    </>
  );
}

function Decision({ detail }: { detail: ApprovalDetail }) {
  const { approval: a } = detail;
  const page = subjectPage(a);
  return (
    <Panel title="Request">
      <Stack gap="md">
        <Facts facts={[
          ['Subject', page === null ? a.subject : <Link key="p" to={page.to} params={page.params} className="sw-link">{a.subject}</Link>],
          ['Change', `${a.from ?? '–'} to ${a.to}`],
          ['Asked', <span key="r"><RelativeTime at={a.requested_at} /> by {a.requester}</span>],
          ['Comment', a.comment === null ? <span key="n" className="sw-dim">none</span> : <span key="c" className="sw-break" style={{ whiteSpace: 'pre-wrap' }}>{a.comment}</span>],
          ['Reviewers', a.reviewers.join(', ')],
          ...(a.decided_by === null ? [] : [['Decided', <span key="d"><RelativeTime at={a.decided_at} /> by {a.decided_by}</span>] as [string, ReactNode]]),
          ...(a.decision_comment === null ? [] : [['Said', <span key="s" className="sw-break" style={{ whiteSpace: 'pre-wrap' }}>{a.decision_comment}</span>] as [string, ReactNode]]),
          ...(a.applied_at === null ? [] : [['Made', <RelativeTime key="a" at={a.applied_at} />] as [string, ReactNode]]),
        ]} />
        {a.notes.map((note) => <Notice key={note} tone="rest">{note}</Notice>)}
        {a.closed_reason === null ? null : <Notice tone="rest" title="Closed">{a.closed_reason}</Notice>}
        {a.waiting_because === null ? null : <Notice tone="moving" title="Approved; the change waits">{a.waiting_because}</Notice>}
        {detail.stale_because === null ? null : <Notice tone="look" title="This cannot be approved any more">{detail.stale_because} Approving will close it.</Notice>}
        {a.can_decide ? <DecisionForm approval={a} /> : null}
        {a.can_cancel ? <CancelForm approval={a} /> : null}
        {a.state === 'pending' && !a.can_decide && !a.can_cancel ? <span className="sw-dim">You are not one of its reviewers.</span> : null}
      </Stack>
    </Panel>
  );
}

function DecisionForm({ approval }: { approval: ApprovalInfo }) {
  const approve = useVerb(approval.id, 'approve');
  const reject = useVerb(approval.id, 'reject');
  const [comment, setComment] = useState('');
  const [missing, setMissing] = useState(false);
  const said = comment.trim();
  const error = approve.error ?? reject.error;
  return (
    <form onSubmit={(event) => { event.preventDefault(); approve.mutate({ comment: said === '' ? null : said }, { onSuccess: () => { toast(`Approved: ${approval.action}`); } }); }}>
      <Stack gap="sm">
        <Textarea label="Your comment" description="Say why; the requester and whoever reads the history will want to know. A rejection needs one." autosize minRows={3} maxLength={5000} value={comment}
          error={missing && said === '' ? 'A rejection needs a comment.' : undefined} onChange={(event) => { setComment(event.currentTarget.value); setMissing(false); }} />
        {error === null ? null : <ErrorState error={error} title="It was not decided" />}
        <Group gap="xs" grow>
          <Button variant="default" leftSection={<X size={15} aria-hidden />} loading={reject.isPending} disabled={approve.isPending}
            onClick={() => { if (said === '') setMissing(true); else reject.mutate({ comment: said }, { onSuccess: () => { toast('Rejected.'); } }); }}>Reject</Button>
          <Button type="submit" leftSection={<Check size={15} aria-hidden />} loading={approve.isPending} disabled={reject.isPending}>Approve</Button>
        </Group>
      </Stack>
    </form>
  );
}

function CancelForm({ approval }: { approval: ApprovalInfo }) {
  const cancel = useVerb(approval.id, 'cancel');
  return (
    <Stack gap="sm">
      {cancel.error === null ? null : <ErrorState error={cancel.error} title="It was not cancelled" />}
      <Button variant="default" loading={cancel.isPending} onClick={() => { cancel.mutate({ comment: null }, { onSuccess: () => { toast('The request is withdrawn.'); } }); }}>Withdraw the request</Button>
    </Stack>
  );
}

function Conversation({ detail }: { detail: ApprovalDetail }) {
  const say = useVerb(detail.approval.id, 'comments');
  const [text, setText] = useState('');
  return (
    <Panel title="Comments">
      <Stack gap="sm">
        {detail.comments.length === 0 ? <span className="sw-dim">Nobody has said anything yet.</span> : (
          <ol className="sw-steps" aria-label="Comments">
            {detail.comments.map((comment) => (
              <li key={`${comment.at} ${comment.author} ${comment.text}`}>
                <div><strong>{comment.author}</strong> <span className="sw-dim"><RelativeTime at={comment.at} /></span></div>
                <div className="sw-break" style={{ whiteSpace: 'pre-wrap' }}>{comment.text}</div>
              </li>
            ))}
          </ol>
        )}
        <form onSubmit={(event) => { event.preventDefault(); if (text.trim() !== '') say.mutate({ text: text.trim() }, { onSuccess: () => { setText(''); } }); }}>
          <Stack gap="xs">
            <Textarea aria-label="New comment" placeholder="Ask or answer" autosize minRows={2} maxLength={5000} value={text} onChange={(event) => { setText(event.currentTarget.value); }} />
            {say.error === null ? null : <ErrorState error={say.error} title="The comment was not added" />}
            <Group justify="flex-end"><Button type="submit" variant="default" size="xs" disabled={text.trim() === ''} loading={say.isPending}>Comment</Button></Group>
          </Stack>
        </form>
      </Stack>
    </Panel>
  );
}
