import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Play, RotateCcw, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { ShortId } from '../../components/CopyButton.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Needs } from '../../components/Needs.tsx';
import { Notice } from '../../components/Notice.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Facts, Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { useNow } from '../../lib/clock.ts';
import { formatBytes, plural } from '../../lib/format.ts';
import type { RunDetail, RunInfo } from '../../lib/wireRuns.ts';
import { useChildren, useMoveRun, useRun } from './api.ts';
import { AlertsPanel } from './AlertsPanel.tsx';
import { ArtifactsPanel } from './ArtifactsPanel.tsx';
import { EditRunButton } from './EditRunButton.tsx';
import { EndRunButton } from './EndRunButton.tsx';
import { duration, formatMetric, nameOf } from './facts.ts';
import { MetricsPanel } from './MetricsPanel.tsx';
import { NotesPanel } from './NotesPanel.tsx';

/** One run: what went in, what came out, and what was written about it. `register` is the button that makes a version of it. */
export function RunPage({ id, register }: { id: string; register?: (run: RunDetail) => ReactNode }) {
  const query = useRun(id);
  const { resume, remove, restore } = useMoveRun(id);
  const failed = [resume, remove, restore].reduce((last, one) => (one.submittedAt > last.submittedAt ? one : last)).error;
  const run = query.data?.run;
  return (
    <>
      <PageHead tab={run === undefined ? 'Run' : nameOf(run)}
        title={run === undefined ? 'Run' : (
          <>
            <Link to="/experiments/$experiment" params={{ experiment: run.experiment_id }} style={{ color: 'inherit' }}>{run.experiment_name}</Link> <span className="sw-dim">/</span> {nameOf(run)}{' '}
            <StateOf kind="runs" value={run.status} detail={run.status_reason} />
          </>
        )}>
        {run === undefined ? null : <Needs right="write_registry">{run.deleted_at === null ? (
          <>
            <EditRunButton run={run} />
            {run.status === 'Running' ? <EndRunButton run={run} />
              : <Button variant="default" leftSection={<Play size={15} aria-hidden />} loading={resume.isPending} title="It runs again, and takes what its program logs" onClick={() => { resume.mutate(); }}>Resume</Button>}
            <Button variant="default" leftSection={<Trash2 size={15} aria-hidden />} loading={remove.isPending} title="It can be restored" onClick={() => { remove.mutate(); }}>Delete</Button>
          </>
        ) : <Button variant="default" leftSection={<RotateCcw size={15} aria-hidden />} loading={restore.isPending} onClick={() => { restore.mutate(); }}>Restore</Button>}</Needs>}
        {query.data === undefined ? null : register?.(query.data)}
      </PageHead>
      {failed === null ? null : <div style={{ marginBottom: 16 }}><ErrorState error={failed} title="The run was not changed" /></div>}
      <QueryView query={query} title="The run could not be loaded" loading={<BlockSkeleton height={520} />}>
        {(data) => <Detail detail={data} />}
      </QueryView>
    </>
  );
}

function Detail({ detail }: { detail: RunDetail }) {
  const { run } = detail;
  const now = useNow();
  const parameters = Object.entries(run.parameters);
  const tags = Object.entries(run.tags);
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      {run.deleted_at === null ? null : <Notice tone="look" title="This run is deleted">It is hidden from lists and takes nothing more. Restore brings it back with all that it logged.</Notice>}
      {run.status_reason === null ? null : <Notice tone={run.status === 'Failed' ? 'broken' : 'look'} title={run.status}>{run.status_reason}</Notice>}
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 340px), 1fr))', gap: 16, alignItems: 'start' }}>
        <Panel title="Overview">
          <Facts facts={[
            ['Id', <ShortId key="id" id={run.id} what="run id" />],
            ['Started', <span key="s"><RelativeTime at={run.started_at} /> by {run.user}</span>],
            ...(run.ended_at === null ? [] : [['Ended', <RelativeTime key="e" at={run.ended_at} />] as [string, ReactNode]]),
            ['Duration', <span key="d" className="sw-num">{duration(run, now)}</span>],
            ...(run.parent_run_id === null ? [] : [['Part of', <Link key="p" to="/runs/$run" params={{ run: run.parent_run_id }} className="sw-link sw-mono">…{run.parent_run_id.slice(-8)}</Link>] as [string, ReactNode]]),
            ['Artifacts', detail.artifact_count === 0 ? 'none' : `${plural(detail.artifact_count, 'file')}, ${formatBytes(detail.artifact_bytes)}`],
            ...tags.map(([key, value]): [string, ReactNode] => [key, value === '' ? <span key={key} className="sw-dim">tag</span> : value]),
          ]} />
        </Panel>
        <Panel title="Parameters" flush={parameters.length > 0}>
          {parameters.length === 0 ? <span className="sw-dim">None logged.</span> : <Pairs label="Parameters" head={['Name', 'Value']} rows={parameters} />}
        </Panel>
        <Panel title="Metrics" flush={Object.keys(run.metrics).length > 0}>
          {Object.keys(run.metrics).length === 0 ? <span className="sw-dim">None logged.</span> : (
            <Pairs label="Metrics" numeric head={['Name', 'Latest', 'Step']} rows={Object.entries(run.metrics).map(([key, point]) => [key, formatMetric(point.value), String(point.step)])} />
          )}
        </Panel>
      </div>
      <MetricsPanel run={run} />
      <ArtifactsPanel detail={detail} />
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 340px), 1fr))', gap: 16, alignItems: 'start' }}>
        <NotesPanel detail={detail} />
        <Panel title="Data sets">
          {detail.data_sets.length === 0 ? <span className="sw-dim">The run did not say what data it was made with.</span> : (
            <Facts facts={detail.data_sets.map((set) => [set.name, (
              <span key={set.name}>
                <span className="sw-mono sw-break">{set.path}</span>
                {set.digest === null ? null : <><br /><span className="sw-dim">digest</span> <span className="sw-mono sw-break">{set.digest}</span></>}
                {set.description === null ? null : <><br /><span className="sw-dim">{set.description}</span></>}
              </span>
            )])} />
          )}
        </Panel>
        <AlertsPanel detail={detail} />
      </div>
      {detail.child_count === 0 ? null : <Children run={run} />}
    </div>
  );
}

function Pairs({ label, head, rows, numeric = false }: { label: string; head: string[]; rows: string[][]; numeric?: boolean }) {
  return (
    <div className="sw-table-wrap" style={{ maxHeight: 320, overflow: 'auto' }} tabIndex={0}>
      <table className="sw-table" aria-label={label}>
        <thead><tr>{head.map((one, at) => <th key={one} scope="col" className={numeric && at > 0 ? 'sw-right' : undefined}>{one}</th>)}</tr></thead>
        <tbody>{rows.map((row) => <tr key={row[0]}>{row.map((cell, at) => <td key={head[at]} className={numeric && at > 0 ? 'sw-right' : 'sw-break'}>{cell}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function Children({ run }: { run: RunInfo }) {
  const children = useChildren(run, true);
  return (
    <Panel title="Child runs">
      <QueryView query={children} title="The child runs could not be loaded" loading={<BlockSkeleton height={80} />}>
        {(rows) => (
          <Facts facts={rows.map((child) => [nameOf(child), (
            <span key={child.id}>
              <Link to="/runs/$run" params={{ run: child.id }} className="sw-link sw-mono">…{child.id.slice(-8)}</Link> <StateOf kind="runs" value={child.status} detail={child.status_reason} />{' '}
              <span className="sw-num">{Object.entries(child.metrics).slice(0, 4).map(([key, point]) => `${key} ${formatMetric(point.value)}`).join(' · ')}</span>
            </span>
          )])} />
        )}
      </QueryView>
    </Panel>
  );
}
