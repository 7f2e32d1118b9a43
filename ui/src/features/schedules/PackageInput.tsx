import { FileButton, Button, SegmentedControl, Stack, Textarea } from '@mantine/core';
import { FolderOpen } from 'lucide-react';
import type { UseQueryResult } from '@tanstack/react-query';
import { Code } from '../../components/Code.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { formatBytes, plural } from '../../lib/format.ts';
import { filesOfFolder, type PackedFile } from '../../lib/pack.ts';
import type { PresentScript } from './present.ts';

export const SCRIPT = `from slipway import MLOpsClient

client = MLOpsClient()   # address and key come from the environment
with client.start_run() as run:   # the run that the schedule has opened
    run.log_metric("accuracy", 0.9)
`;

/** `script` and `requirements`: null until somebody types; what the schedule has, or the sample, is shown then. */
export interface PackageDraft { kind: 'keep' | 'script' | 'folder'; script: string | null; requirements: string | null; folder: PackedFile[] }

/** Names one a line or separated by commas; a comma inside `numpy>=1,<3` is no end of a name. */
const linesOf = (text: string) => text.split(/\n|,(?=\s*[A-Za-z])/).map((line) => line.trim()).filter((line) => line !== '');

/** The files that a draft stands for; empty: none are to be sent. `present`: what a script that is edited was. */
export function filesOf(draft: PackageDraft, present?: PresentScript): PackedFile[] {
  if (draft.kind === 'folder') return draft.folder;
  if (draft.kind === 'keep') return [];
  const was = present?.requirements ?? '';
  const isSame = (draft.script === null || draft.script === present?.script) && (draft.requirements === null || draft.requirements === was);
  if (present !== undefined && isSame) return [];
  const requirements = draft.requirements === null || draft.requirements === was ? was : linesOf(draft.requirements).map((line) => `${line}\n`).join('');
  return [
    { path: present?.path ?? 'train.py', content: new Blob([draft.script ?? present?.script ?? SCRIPT]) },
    ...(requirements === '' ? [] : [{ path: 'requirements.txt', content: new Blob([requirements]) }]),
  ];
}

/** What a schedule runs: a script written here, or a folder of this computer. */
export function PackageInput({ draft, onChange, canKeep, present, replaces, error }: {
  draft: PackageDraft; onChange: (draft: PackageDraft) => void; canKeep: boolean;
  /** The script that there is; undefined: a new one. */
  present?: UseQueryResult<PresentScript>;
  /** A script written here takes the place of a package whose command starts none. */
  replaces: boolean; error?: string;
}) {
  const there = present?.data;
  const bytes = draft.folder.reduce((total, file) => total + file.content.size, 0);
  return (
    <Stack gap="xs">
      <div className="mantine-InputWrapper-label" style={{ fontSize: 14, fontWeight: 500 }} id="package-label">What it runs</div>
      <SegmentedControl aria-labelledby="package-label" value={draft.kind} onChange={(kind) => { onChange({ ...draft, kind: kind as PackageDraft['kind'] }); }} style={{ alignSelf: 'flex-start' }}
        data={[...(canKeep ? [{ value: 'keep', label: 'As it is' }] : []), { value: 'script', label: 'A script' }, { value: 'folder', label: 'A folder' }]} />
      {draft.kind === 'script' && present?.isError === true ? <ErrorState error={present.error} title="The script could not be loaded" onRetry={() => { void present.refetch(); }} /> : null}
      {draft.kind === 'script' && present !== undefined && there === undefined && !present.isError ? <BlockSkeleton height={300} /> : null}
      {draft.kind === 'script' && (present === undefined || there !== undefined) ? (
        <>
          {there === undefined ? null : <div className="sw-dim" style={{ fontSize: 13 }}><span className="sw-mono">{there.path}</span>{there.others.length === 0 ? '' : `; the other ${plural(there.others.length, 'file')} of its package stay as they are`}</div>}
          {replaces ? <Notice tone="look" title="This script takes the place of the whole package">The command of the present one starts no file of it.</Notice> : null}
          <Code value={draft.script ?? there?.script ?? SCRIPT} language="python" label="Script" height="240px" onChange={(script) => { onChange({ ...draft, script }); }} />
          <Textarea label="Requirements" placeholder="scikit-learn, joblib" description="Python packages, one a line or separated by commas; the slipway SDK is there already" autosize minRows={1} maxRows={8} spellCheck={false}
            value={draft.requirements ?? there?.requirements ?? ''} onChange={(event) => { onChange({ ...draft, requirements: event.currentTarget.value }); }} />
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
