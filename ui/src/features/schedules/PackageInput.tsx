import { FileButton, Button, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { FolderOpen } from 'lucide-react';
import { Code } from '../../components/Code.tsx';
import { formatBytes, plural } from '../../lib/format.ts';
import { filesOfFolder, type PackedFile } from './pack.ts';

export const SCRIPT = `from slipway import MLOpsClient

client = MLOpsClient()   # address and key come from the environment
with client.start_run() as run:   # the run that the schedule has opened
    run.log_metric("accuracy", 0.9)
`;

export interface PackageDraft { kind: 'keep' | 'script' | 'folder'; script: string; requirements: string; folder: PackedFile[] }

/** The files that a draft stands for; empty: none are to be sent. */
export function filesOf(draft: PackageDraft): PackedFile[] {
  if (draft.kind === 'folder') return draft.folder;
  if (draft.kind === 'keep') return [];
  const requirements = draft.requirements.split(/[,\n]/).map((line) => line.trim()).filter((line) => line !== '');
  return [
    { path: 'train.py', content: new Blob([draft.script]) },
    ...(requirements.length === 0 ? [] : [{ path: 'requirements.txt', content: new Blob([requirements.join('\n') + '\n']) }]),
  ];
}

/** What a schedule runs: a script written here, or a folder of this computer. */
export function PackageInput({ draft, onChange, canKeep, error }: { draft: PackageDraft; onChange: (draft: PackageDraft) => void; canKeep: boolean; error?: string }) {
  const bytes = draft.folder.reduce((total, file) => total + file.content.size, 0);
  return (
    <Stack gap="xs">
      <div className="mantine-InputWrapper-label" style={{ fontSize: 14, fontWeight: 500 }} id="package-label">What it runs</div>
      <SegmentedControl aria-labelledby="package-label" value={draft.kind} onChange={(kind) => { onChange({ ...draft, kind: kind as PackageDraft['kind'] }); }} style={{ alignSelf: 'flex-start' }}
        data={[...(canKeep ? [{ value: 'keep', label: 'As it is' }] : []), { value: 'script', label: 'A script' }, { value: 'folder', label: 'A folder' }]} />
      {draft.kind === 'script' ? (
        <>
          <Code value={draft.script} language="python" label="Script" height="240px" onChange={(script) => { onChange({ ...draft, script }); }} />
          <TextInput label="Requirements" placeholder="scikit-learn, joblib" description="Python packages, separated by commas; the slipway SDK is there already" value={draft.requirements} spellCheck={false}
            onChange={(event) => { onChange({ ...draft, requirements: event.currentTarget.value }); }} />
        </>
      ) : null}
      {draft.kind === 'folder' ? (
        <div style={{ display: 'flex', gap: 10, alignItems: 'center', flexWrap: 'wrap' }}>
          <FileButton multiple inputProps={{ 'aria-label': 'Package folder', ...{ webkitdirectory: '' } }} onChange={(files) => { onChange({ ...draft, folder: filesOfFolder(files) }); }}>
            {(props) => <Button {...props} variant="default" leftSection={<FolderOpen size={15} aria-hidden />}>Choose a folder</Button>}
          </FileButton>
          <span className="sw-dim" style={{ fontSize: 13 }}>
            {draft.folder.length === 0 ? 'With a train.py, or with job.command in its config.yaml.' : `${plural(draft.folder.length, 'file')}, ${formatBytes(bytes)}`}
          </span>
        </div>
      ) : null}
      {error === undefined ? null : <div style={{ color: 'var(--sw-broken)', fontSize: 13 }} role="alert">{error}</div>}
    </Stack>
  );
}
