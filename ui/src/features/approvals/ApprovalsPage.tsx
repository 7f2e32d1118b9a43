import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowRight, MessageSquare } from 'lucide-react';
import { useMemo } from 'react';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { plural } from '../../lib/format.ts';
import type { ApprovalInfo } from '../../lib/wireApprovals.ts';
import { approvalWord, subjectPage, useApprovals } from './api.ts';

const TABS = [['pending', 'Pending'], ['approved', 'Approved'], ['rejected', 'Rejected'], ['all', 'All']] as const;
const EMPTY: Record<string, string> = {
  pending: 'When somebody asks to move a version into a protected stage, or to change what is live in an environment that wants approval, the request waits here for its reviewers.',
  approved: 'Approved requests stay here, with who approved and why.', rejected: 'Rejected requests stay here, with the reason.', all: 'Nobody has asked for anything yet.',
};

/** Requests to change something protected: what waits, with the requester's comment in the row, and what was decided. */
export function ApprovalsPage({ state = 'pending', mine = '', onFilter }: { state?: string; mine?: string; onFilter: (filter: { state?: string; mine?: string }) => void }) {
  const approvals = useApprovals(state === 'all' ? '' : state, mine);
  const navigate = useNavigate();
  const columns = useMemo<Column<ApprovalInfo>[]>(() => [
    {
      id: 'subject', header: 'Subject', fixed: true, sort: (one) => one.subject,
      cell: (one) => { const page = subjectPage(one); return page === null ? <strong>{one.subject}</strong> : <Link to={page.to} params={page.params} className="sw-link">{one.subject}</Link>; },
    },
    {
      id: 'change', header: 'Change', fixed: true, sort: (one) => one.to,
      cell: (one) => <span style={{ display: 'inline-flex', gap: 5, alignItems: 'center', whiteSpace: 'nowrap' }}>{one.from ?? '–'} <ArrowRight size={13} aria-label="to" /> {one.to}</span>,
    },
    { id: 'state', header: 'State', fixed: true, sort: (one) => one.state, cell: (one) => <StateBadge state={approvalWord(one)} /> },
    { id: 'requester', header: 'Asked by', sort: (one) => one.requester, cell: (one) => one.requester },
    { id: 'comment', header: 'Comment', cell: (one) => <Said approval={one} /> },
    { id: 'reviewers', header: 'Reviewers', hidden: true, cell: (one) => one.reviewers.join(', ') },
    { id: 'decided', header: 'Decided by', hidden: state === 'pending', sort: (one) => one.decided_by, cell: (one) => one.decided_by ?? <span className="sw-dim">–</span> },
    { id: 'at', header: 'Asked', sort: (one) => one.requested_at, cell: (one) => <RelativeTime at={one.requested_at} /> },
    { id: 'open', header: '', fixed: true, cell: (one) => <Link to="/approvals/$id" params={{ id: one.id }} className="sw-link">{one.can_decide ? 'Review' : 'Open'}</Link> },
  ], [state]);
  return (
    <>
      <PageHead title="Approvals" tab="Approvals" lead="Changes of what is protected wait here for somebody else's yes. Nobody approves their own." />
      <nav className="sw-tabs" aria-label="Which requests" style={{ marginBottom: 12 }}>
        {TABS.map(([value, label]) => (
          <Link key={value} to="/approvals" search={{ ...(value === 'pending' ? {} : { state: value }), ...(mine === '' ? {} : { mine }) }} aria-current={state === value ? 'page' : undefined} activeProps={{}}>{label}</Link>
        ))}
      </nav>
      <label style={{ display: 'inline-flex', gap: 8, alignItems: 'center', marginBottom: 12, fontSize: 13.5 }}>
        <span className="sw-dim">Show</span>
        <select value={mine} onChange={(event) => { onFilter({ ...(state === 'pending' ? {} : { state }), ...(event.currentTarget.value === '' ? {} : { mine: event.currentTarget.value }) }); }} className="sw-select">
          <option value="">everybody’s</option>
          <option value="to_decide">what I can decide</option>
          <option value="requested">what I asked for</option>
        </select>
      </label>
      <Panel flush>
        <QueryView query={approvals} title="The requests could not be loaded" loading={<TableSkeleton />} empty={<EmptyState title={state === 'pending' ? 'Nothing waits' : 'Nothing here'}>{EMPTY[state] ?? EMPTY.all}</EmptyState>}>
          {(rows) => (
            <DataTable name="approvals" label="Requests for approval" rows={rows} columns={columns} rowKey={(one) => one.id} onOpen={(one) => { void navigate({ to: '/approvals/$id', params: { id: one.id } }); }}
              more={approvals.hasNextPage ? () => { void approvals.fetchNextPage(); } : undefined} loadingMore={approvals.isFetchingNextPage} />
          )}
        </QueryView>
      </Panel>
    </>
  );
}

/** What the requester said, and below it what was answered. */
function Said({ approval }: { approval: ApprovalInfo }) {
  const answer = approval.closed_reason ?? approval.decision_comment;
  return (
    <div className="sw-break" style={{ maxWidth: 460, minWidth: 120 }}>
      {approval.comment ?? <span className="sw-dim">no comment</span>}
      {answer === null ? null : <div className="sw-dim">{approval.decided_by === null ? '' : `${approval.decided_by}: `}{answer}</div>}
      {approval.comment_count === 0 ? null : <div className="sw-dim" style={{ display: 'flex', gap: 4, alignItems: 'center', fontSize: 12.5 }}><MessageSquare size={12} aria-hidden /> {plural(approval.comment_count, 'comment')}</div>}
    </div>
  );
}
