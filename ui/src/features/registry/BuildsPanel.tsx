import { Button } from '@mantine/core';
import { useState } from 'react';
import { CopyButton } from '../../components/CopyButton.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { formatSeconds } from '../../lib/format.ts';
import type { BuildInfo, ModelVersionInfo } from '../../lib/wire.ts';
import { useBuildLog } from './api.ts';

/** Builds of a version: what was resolved (lock), what failed, and the log. `only`: builds for one base image. */
export function BuildsPanel({ version, only, title = 'Builds' }: { version: ModelVersionInfo; only?: string; title?: string }) {
  const builds = only === undefined ? version.builds : version.builds.filter((build) => build.base_image === only);
  return (
    <Panel title={title}>
      {builds.length === 0 ? <EmptyState title="Not built yet">A version is built when it is first deployed on a base image.</EmptyState> : (
        <div style={{ display: 'grid', gap: 20 }}>{builds.map((build) => <Build key={build.id} version={version} build={build} />)}</div>
      )}
    </Panel>
  );
}

function Build({ version, build }: { version: ModelVersionInfo; build: BuildInfo }) {
  const running = build.status === 'queued' || build.status === 'running';
  const [log, setLog] = useState(running);
  const seconds = build.finished_at === null ? null : (new Date(build.finished_at).getTime() - new Date(build.created_at).getTime()) / 1000;
  return (
    <article aria-label={`Build for ${build.base_image}`} style={{ display: 'grid', gap: 8 }}>
      <div style={{ display: 'flex', gap: 10, alignItems: 'center', flexWrap: 'wrap', fontSize: 14 }}>
        <StateOf kind="builds" value={build.status} detail={build.error} />
        <strong className="sw-mono">{build.base_image}</strong>
        <span className="sw-dim"><RelativeTime at={build.created_at} />{seconds === null ? '' : `, took ${formatSeconds(seconds)}`}</span>
        <Button size="compact-xs" variant="default" aria-expanded={log} onClick={() => { setLog(!log); }}>{log ? 'Hide' : 'Show'} log</Button>
      </div>
      {build.error === null ? null : <Notice tone="broken">{build.error}</Notice>}
      {build.lock === null || build.lock === '' ? null : (
        <div>
          <div className="sw-dim" style={{ fontSize: 12.5, display: 'flex', alignItems: 'center', gap: 4 }}>Packages (lock) <CopyButton value={build.lock} what="lock" /></div>
          <pre className="sw-code" style={{ maxHeight: 220 }} tabIndex={0} aria-label="Packages">{build.lock}</pre>
        </div>
      )}
      {log ? <BuildLog version={version} build={build} running={running} /> : null}
    </article>
  );
}

export function BuildLog({ version, build, running }: { version: ModelVersionInfo; build: BuildInfo; running: boolean }) {
  const text = useBuildLog(version.model, version.version, build.id, running);
  return (
    <QueryView query={text} title="The build log could not be loaded" loading={<BlockSkeleton height={160} />}>
      {(lines) => <pre className="sw-code sw-wrap" tabIndex={0} aria-label="Build log">{lines === '' ? 'The build wrote nothing.' : lines}</pre>}
    </QueryView>
  );
}
