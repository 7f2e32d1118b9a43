import { Button } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { Rocket } from 'lucide-react';
import { Code } from '../../components/Code.tsx';
import { CopyButton, ShortId } from '../../components/CopyButton.tsx';
import { Notice } from '../../components/Notice.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Facts, Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { StateOf } from '../../components/StateBadge.tsx';
import { formatBytes, formatJson, plural } from '../../lib/format.ts';
import type { ModelVersionInfo } from '../../lib/wire.ts';
import { useUpdateVersion, useVersion } from './api.ts';
import { BuildsPanel } from './BuildsPanel.tsx';
import { DeleteButton } from './DeleteButton.tsx';
import { EditableText } from './EditableText.tsx';
import { FilesPanel } from './FilesPanel.tsx';
import { SignaturePanel } from './SignaturePanel.tsx';
import { StageButton } from './StageDialog.tsx';
import { TagsPanel } from './TagsPanel.tsx';
import { TransitionsPanel } from './TransitionsPanel.tsx';

/** One version: what it is, its files, its configuration, its builds. */
export function VersionPage({ model, version }: { model: string; version: string }) {
  const query = useVersion(model, version);
  const navigate = useNavigate();
  const info = query.data;
  return (
    <>
      <PageHead tab={`${model} v${version}`} title={<><Link to="/models/$model" params={{ model }} style={{ color: 'inherit' }}>{model}</Link> <span className="sw-dim">/</span> v{info?.version ?? version.replace(/^v/, '')} {info === undefined || info.stage === 'None' ? null : <StateOf kind="stages" value={info.stage} />}</>}>
        {info === undefined ? null : <DeleteButton model={model} version={info.version} onDeleted={() => { void navigate({ to: '/models/$model', params: { model } }); }} />}
        {info === undefined ? null : <StageButton version={info} />}
        {info?.runnable === true ? (
          <Button leftSection={<Rocket size={15} aria-hidden />} onClick={() => { void navigate({ to: '/deployments/new', search: { model, version: String(info.version) } }); }}>Deploy</Button>
        ) : null}
      </PageHead>
      <QueryView query={query} title={`Version ${version} of ${model} could not be loaded`} loading={<BlockSkeleton height={520} />}>
        {(data) => <Version version={data} />}
      </QueryView>
    </>
  );
}

function Version({ version }: { version: ModelVersionInfo }) {
  const update = useUpdateVersion(version.model, version.version);
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      {version.runnable ? null : <Notice tone="look" title="This version cannot be deployed">{version.not_runnable_reason ?? 'The server did not say why.'}</Notice>}
      {version.warnings.length === 0 ? null : (
        <Notice tone="look" title={`${plural(version.warnings.length, 'remark')} on its configuration`}>
          <ul style={{ margin: 0, paddingLeft: 18 }}>{version.warnings.map((warning) => <li key={warning}>{warning}</li>)}</ul>
        </Notice>
      )}
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 360px), 1fr))', gap: 16, alignItems: 'start' }}>
        <Panel title="Overview">
          <Facts facts={[
            ['State', <StateOf key="s" kind="versions" value={version.status} />],
            ['Stage', version.stage === 'None' ? 'None' : <StateOf key="g" kind="stages" value={version.stage} />],
            ['Aliases', version.aliases.length === 0 ? '–' : <span key="a" className="sw-mono">{version.aliases.map((alias) => `@${alias}`).join(', ')}</span>],
            ['Label', <EditableText key="l" label="Label" value={version.label} empty="–" multiline={false} save={(label) => update.mutateAsync({ label, etag: version.etag })} />],
            ['Description', <EditableText key="e" label="Description" value={version.description} empty="–" save={(description) => update.mutateAsync({ description, etag: version.etag })} />],
            ['Source', version.source ?? 'an upload'],
            ['Detected as', version.detected.replaceAll('_', ' ')],
            ['Runtime', version.runtime ?? '–'],
            ['Size', `${formatBytes(version.size_bytes)} in ${plural(version.files.length, 'file')}`],
            ['Digest', <ShortId key="d" id={version.digest} what="digest" />],
            ['Registered', <span key="r"><RelativeTime at={version.created_at} /> by {version.created_by}</span>],
            ...Object.entries(version.metadata).map(([key, value]): [string, string] => [key, value]),
          ]} />
        </Panel>
        <div style={{ display: 'grid', gap: 16 }}>
          <TransitionsPanel model={version.model} version={version.version} />
          <TagsPanel model={version.model} version={version.version} tags={Object.entries(version.tags)} />
        </div>
      </div>
      {version.signature === null ? null : <SignaturePanel signature={version.signature} />}
      <FilesPanel version={version} />
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
