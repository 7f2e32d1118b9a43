import { Button, Select, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ArrowRight } from 'lucide-react';
import { useState } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { formatExact } from '../../lib/format.ts';
import { stateWord } from '../../lib/states.ts';
import type { Stage, TransitionInfo } from '../../lib/wire.ts';
import { useStageAt, useTransitions } from './api.ts';

/** The ledger of stages: of the model, or of one version. */
export function TransitionsPanel({ model, version }: { model: string; version?: number }) {
  const ledger = useTransitions(model, version);
  return (
    <Panel title="Stage history">
      <QueryView query={ledger} title="The history could not be loaded" loading={<BlockSkeleton height={120} />}
        empty={<EmptyState title="No transition yet">{version === undefined ? 'When a version changes its stage, this says who did it, when, and why.' : 'This version has been in no stage so far.'}</EmptyState>}>
        {(entries) => (
          <>
            <ol className="sw-steps" aria-label="Transitions">{entries.map((entry) => <Entry key={entry.sequence} entry={entry} named={version === undefined} />)}</ol>
            {ledger.hasNextPage ? <Button variant="default" size="xs" loading={ledger.isFetchingNextPage} onClick={() => { void ledger.fetchNextPage(); }}>Earlier</Button> : null}
          </>
        )}
      </QueryView>
      {version === undefined ? <WhoWas model={model} /> : null}
    </Panel>
  );
}

function Entry({ entry, named }: { entry: TransitionInfo; named: boolean }) {
  return (
    <li data-tone={entry.to === null ? 'broken' : stateWord('stages', entry.to).tone === 'well' ? 'well' : undefined}>
      <div style={{ display: 'flex', gap: 6, alignItems: 'center', flexWrap: 'wrap' }}>
        {named ? <strong className="sw-num">v{entry.version}</strong> : null}
        <StateOf kind="stages" value={entry.from} /><ArrowRight size={13} aria-label="to" />
        {entry.to === null ? <span className="sw-state sw-broken">Deleted</span> : <StateOf kind="stages" value={entry.to} />}
        <span className="sw-dim"><RelativeTime at={entry.at} /> by {entry.by}{entry.approved_by == null ? null : <>, <Link to="/approvals/$id" params={{ id: entry.approval_id ?? '' }} className="sw-link">approved by {entry.approved_by}</Link></>}</span>
      </div>
      {entry.note === null ? null : <div className="sw-break" style={{ marginTop: 3, whiteSpace: 'pre-wrap' }}>{entry.note}</div>}
    </li>
  );
}

/** Which version was in a stage at a time. */
function WhoWas({ model }: { model: string }) {
  const [stage, setStage] = useState<Stage>('Production');
  const [local, setLocal] = useState('');
  const at = local === '' || Number.isNaN(Date.parse(local)) ? null : new Date(local).toISOString();
  const found = useStageAt(model, stage, at);
  return (
    <fieldset style={{ border: 0, borderTop: '1px solid var(--sw-line)', margin: '6px 0 0', padding: '12px 0 0' }}>
      <legend className="sw-dim" style={{ fontSize: 12.5, padding: '0 8px 0 0' }}>Who was in a stage at a time</legend>
      <div style={{ display: 'flex', gap: 8, flexWrap: 'wrap' }}>
        <Select aria-label="Stage at that time" w={140} data={['Staging', 'Production', 'Archived']} value={stage} allowDeselect={false} onChange={(value) => { setStage((value ?? 'Production') as Stage); }} />
        <TextInput aria-label="Time" type="datetime-local" value={local} onChange={(event) => { setLocal(event.currentTarget.value); }} />
      </div>
      <div role="status" style={{ marginTop: 8 }}>
        {at === null || found.data === undefined ? null : found.data.versions.length === 0
          ? `No version was in ${stage} at ${formatExact(at)}.`
          : found.data.versions.map((one) => (
            <div key={one.version}><strong>v{one.version}</strong>{one.deleted ? ' (deleted since)' : ''}, from {formatExact(one.since)} to {one.until === null ? 'now' : formatExact(one.until)}, moved by {one.by}{one.approved_by == null ? '' : `, approved by ${one.approved_by}`}{one.note === null ? '' : `: ${one.note}`}</div>
          ))}
      </div>
    </fieldset>
  );
}
