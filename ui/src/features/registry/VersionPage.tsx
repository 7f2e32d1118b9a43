import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Code } from '../../components/Code.tsx';
import { CopyButton, ShortId } from '../../components/CopyButton.tsx';
import { Notice } from '../../components/Notice.tsx';
import { EditableText } from '../../components/EditableText.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Facts, Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { formatBytes, formatJson, plural } from '../../lib/format.ts';
import type { ModelVersionInfo } from '../../lib/wire.ts';
import { useUpdateVersion, useVersion } from './api.ts';
import { ArtifactsTab } from './ArtifactsTab.tsx';
import { BuildsPanel } from './BuildsPanel.tsx';
import { DeleteButton } from './DeleteButton.tsx';
import { DeployButton } from './DeployDialog.tsx';
import { LineagePanel } from './LineagePanel.tsx';
import { MetricsTab } from './MetricsTab.tsx';
import { ModelDeploymentsPanel } from './ModelDeploymentsPanel.tsx';
import { PendingBadge, PendingBanner } from './PendingApproval.tsx';
import { SignaturePanel } from './SignaturePanel.tsx';
import { StageButton } from './StageDialog.tsx';
import { TagsPanel } from './TagsPanel.tsx';
import { TransitionsPanel } from './TransitionsPanel.tsx';

const TABS = [['overview', 'Overview'], ['artifacts', 'Artifacts'], ['metrics', 'Metrics'], ['lineage', 'Lineage']] as const;

/** One version: what it is, its files, its metrics, what it came from. `source` says more of the run it was made of. */
export function VersionPage({ model, version, tab = 'overview', environments, source }: {
  model: string; version: string; tab?: string; environments: string[]; source?: (version: ModelVersionInfo) => ReactNode;
}) {
  const query = useVersion(model, version);
  const navigate = useNavigate();
  const info = query.data;
  return (
    <>
      <PageHead tab={`${model} v${version}`} title={<><Link to="/models/$model" params={{ model }} style={{ color: 'inherit' }}>{model}</Link> <span className="sw-dim">/</span> v{info?.version ?? version.replace(/^v/, '')} {info === undefined || info.stage === 'None' ? null : <StateOf kind="stages" value={info.stage} />} {info === undefined ? null : <PendingBadge model={model} version={info.version} />}</>}>
        {info === undefined ? null : <DeleteButton model={model} version={info.version} onDeleted={() => { void navigate({ to: '/models/$model', params: { model } }); }} />}
        {info === undefined ? null : <StageButton version={info} />}
        {info?.runnable === true ? <DeployButton version={info} environments={environments} /> : null}
      </PageHead>
      {info === undefined ? null : <PendingBanner model={model} version={info.version} />}
      <nav className="sw-tabs" aria-label="Parts of this version" style={{ marginBottom: 16 }}>
        {TABS.map(([value, label]) => (
          <Link key={value} to="/models/$model/$version" params={{ model, version }} search={value === 'overview' ? {} : { tab: value }} aria-current={tab === value ? 'page' : undefined} activeOptions={{ exact: true }} activeProps={{}}>{label}</Link>
        ))}
      </nav>
      <QueryView query={query} title={`Version ${version} of ${model} could not be loaded`} loading={<BlockSkeleton height={520} />}>
        {(data) => (tab === 'artifacts' ? <ArtifactsTab version={data} /> : tab === 'metrics' ? <MetricsTab version={data} />
          : tab === 'lineage' ? <LineageTab version={data} /> : <Overview version={data} source={source} />)}
      </QueryView>
    </>
  );
}

function Overview({ version, source }: { version: ModelVersionInfo; source?: (version: ModelVersionInfo) => ReactNode }) {
  const update = useUpdateVersion(version.model, version.version);
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      {version.runnable ? null : <Notice tone="look" title="This version cannot be deployed">{version.not_runnable_reason ?? 'The server did not say why.'}</Notice>}
      {version.source_run_id !== null ? null : (
        <Notice tone="rest" title="No source run">It was uploaded, so nothing tells which data and parameters it came from. Versions registered from a run keep that.</Notice>
      )}
      {version.warnings.length === 0 ? null : (
        <Notice tone="look" title={`${plural(version.warnings.length, 'remark')} on its configuration`}>
          <ul style={{ margin: 0, paddingLeft: 18 }}>{version.warnings.map((warning) => <li key={warning}>{warning}</li>)}</ul>
        </Notice>
      )}
      <div className="sw-columns">
        <Panel title="Overview">
          <Facts facts={[
            ['Version', `v${version.version}`],
            ['State', <StateOf key="s" kind="versions" value={version.status} />],
            ['Stage', version.stage === 'None' ? 'None' : <StateOf key="g" kind="stages" value={version.stage} />],
            ['Aliases', version.aliases.length === 0 ? '–' : <span key="a" className="sw-mono">{version.aliases.map((alias) => `@${alias}`).join(', ')}</span>],
            ['Label', <EditableText key="l" label="Label" value={version.label} empty="–" multiline={false} save={(label) => update.mutateAsync({ label, etag: version.etag })} />],
            ['Description', <EditableText key="e" label="Description" value={version.description} empty="–" save={(description) => update.mutateAsync({ description, etag: version.etag })} />],
            ['Source', version.source === null ? 'an upload' : source?.(version) ?? <span key="u" className="sw-mono sw-break">{version.source}</span>],
            ['Fine-tuned from', <EditableText key="p" label="Parent" value={version.parent === null ? null : `${version.parent.model}@${version.parent.version}`} empty="–" multiline={false} save={(parent) => update.mutateAsync({ parent, etag: version.etag })} />],
            ['Detected as', version.detected.replaceAll('_', ' ')],
            ['Runtime', version.runtime ?? '–'],
            ['Size', `${formatBytes(version.size_bytes)} in ${plural(version.files.length, 'file')}`],
            ['Digest', <ShortId key="d" id={version.digest} what="digest" />],
            ['Registered', <span key="r"><RelativeTime at={version.created_at} /> by {version.created_by}</span>],
            ...Object.entries(version.metadata).map(([key, value]): [string, string] => [key, value]),
          ]} />
        </Panel>
        <div style={{ display: 'grid', gap: 16 }}>
          <ModelDeploymentsPanel model={version.model} version={version.version} />
          <TransitionsPanel model={version.model} version={version.version} />
          <TagsPanel model={version.model} version={version.version} tags={Object.entries(version.tags)} />
        </div>
      </div>
      {version.signature === null ? null : <SignaturePanel signature={version.signature} />}
      <Panel title="Requirements">
        {version.requirements.length === 0 ? <span className="sw-dim">None beyond the base image.</span> : <pre className="sw-code">{version.requirements.join('\n')}</pre>}
      </Panel>
      {version.config_text === null ? null : (
        <Panel title="Configuration (config.yaml)" flush actions={<CopyButton value={version.config_text} what="configuration" />}>
          <Code value={version.config_text} language="text" label="config.yaml" maxHeight="420px" />
        </Panel>
      )}
      {version.example_input === null || version.example_input === undefined ? null : (
        <Panel title="Example input" flush actions={<CopyButton value={JSON.stringify(version.example_input)} what="example input" />}>
          <Code value={formatJson(version.example_input)} language="json" label="Example input" maxHeight="280px" />
        </Panel>
      )}
      <BuildsPanel version={version} />
    </div>
  );
}

/** The graph, and behind it what the run was made with, in full. */
function LineageTab({ version }: { version: ModelVersionInfo }) {
  const parameters = Object.entries(version.parameters);
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <LineagePanel model={version.model} version={version.version} />
      <div className="sw-columns">
        <Panel title="Training parameters">
          {parameters.length === 0 ? <span className="sw-dim">{version.source_run_id === null ? 'An upload knows none.' : 'The run had logged none.'}</span>
            : <Facts facts={parameters.map(([key, value]): [string, ReactNode] => [key, <span key={key} className="sw-mono">{value}</span>])} />}
        </Panel>
        <Panel title="Data sets">
          {version.datasets.length === 0 ? <span className="sw-dim">{version.source_run_id === null ? 'An upload knows none.' : 'The run had named none.'}</span> : (
            <div style={{ display: 'grid', gap: 14 }}>
              {version.datasets.map((one) => (
                <div key={`${one.name} ${one.uri ?? ''}`}>
                  <strong>{one.name}</strong>{one.description === null ? null : <span className="sw-dim">: {one.description}</span>}
                  {one.uri === null ? null : <div className="sw-mono sw-break">{one.uri}</div>}
                  {one.digest === null ? null : <div className="sw-dim sw-mono sw-break">{one.digest}</div>}
                </div>
              ))}
            </div>
          )}
        </Panel>
      </div>
    </div>
  );
}
