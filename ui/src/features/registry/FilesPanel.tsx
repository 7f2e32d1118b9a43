import { Anchor, SegmentedControl } from '@mantine/core';
import { Download } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Code } from '../../components/Code.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { formatBytes } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import type { ModelVersionInfo, VersionFileInfo } from '../../lib/wire.ts';
import { useFile } from './api.ts';

const CODE = /\.(py|pyi|ya?ml|toml|txt|md|json|cfg|ini|sh|r|sql|csv)$/i;
/** Larger files are only offered for download. */
const READABLE_BYTES = 512 * 1024;

const readable = (file: VersionFileInfo) => CODE.test(file.path) && file.size_bytes <= READABLE_BYTES;
const first = (files: VersionFileInfo[]) => files.find((file) => /(^|\/)model\.py$/.test(file.path)) ?? files.find((file) => file.path.endsWith('.py')) ?? files[0];

/** Files of a version that is still edited: shown in place of the version's, each with what became of it since. */
export interface EditedFiles { name: string; hash: string; files: VersionFileInfo[]; address: (path: string) => string; changes: ReactNode }

/** Files of a version: code in a viewer, objects with name and size; each can be downloaded. */
export function FilesPanel({ version, draft = null }: { version: ModelVersionInfo; draft?: EditedFiles | null }) {
  const [shown, setShown] = useState('draft');
  const ofVersion = shown === 'version';
  const edited = ofVersion ? null : draft;
  const files = edited?.files ?? version.files;
  const code = files.filter(readable);
  const objects = files.filter((file) => !readable(file));
  const [chosen, setChosen] = useState<string | null>(null);
  const open = code.find((file) => file.path === chosen)?.path ?? first(code)?.path ?? null;
  const addressOf = (path: string) => (edited === null ? paths.versionFile(version.model, version.version, path) : edited.address(path));
  const text = useFile(edited === null ? ['files', version.model, version.version, open] : ['files', edited.name, edited.hash, open],
    open === null ? null : addressOf(open));
  const mark = (file: VersionFileInfo) => {
    if (edited === null) return null;
    const before = version.files.find((one) => one.path === file.path);
    return before === undefined ? 'new' : before.sha256 === file.sha256 ? null : 'changed';
  };
  const gone = edited === null ? [] : version.files.filter((file) => !edited.files.some((one) => one.path === file.path));
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      {draft === null ? null : (
        <div style={{ display: 'flex', gap: 12, alignItems: 'center', flexWrap: 'wrap' }}>
          <SegmentedControl size="xs" aria-label="Files of" value={shown} onChange={setShown}
            data={[{ value: 'draft', label: draft.name }, { value: 'changes', label: 'Changes' }, { value: 'version', label: `${version.model} v${version.version}` }]} />
          <span className="sw-dim" style={{ fontSize: 13 }}>
            {ofVersion ? 'The version that the draft began from; it does not answer.' : `A draft, no version yet.${gone.length === 0 ? '' : ` Removed since v${version.version}: ${gone.map((file) => file.path).join(', ')}.`}`}
          </span>
        </div>
      )}
      {draft !== null && shown === 'changes' ? draft.changes : <>{code.length === 0 ? null : (
        <Panel title="Code" flush actions={open === null ? undefined : (
          <>
            <CopyButton value={text.data ?? ''} what="file" />
            <DownloadLink address={addressOf(open)} path={open} />
          </>
        )}>
          <div style={{ display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)' }}>
            <div className="sw-tabs" role="group" aria-label="Files" style={{ padding: '0 6px' }}>
              {code.map((file) => (
                <button key={file.path} type="button" aria-pressed={file.path === open} onClick={() => { setChosen(file.path); }} title={formatBytes(file.size_bytes)}
                  className="sw-mono" style={{ border: 0, background: 'none', padding: '8px 10px', cursor: 'pointer', whiteSpace: 'nowrap', color: file.path === open ? 'var(--sw-text)' : 'var(--sw-dim)', fontWeight: file.path === open ? 700 : 400 }}>
                  {file.path}{mark(file) === null ? null : <span style={{ color: 'var(--sw-look)', fontWeight: 400 }}> {mark(file)}</span>}
                </button>
              ))}
            </div>
            <div style={{ minHeight: 200 }}>
              <QueryView query={text} title="The file could not be loaded" loading={<BlockSkeleton height={200} />}>
                {(content) => <Code value={content} language={open?.endsWith('.py') === true ? 'python' : open?.endsWith('.json') === true ? 'json' : 'text'} label={open ?? 'File'} maxHeight="480px" />}
              </QueryView>
            </div>
          </div>
        </Panel>
      )}
      <Panel title="Objects" flush={objects.length > 0}>
        {objects.length === 0 ? <span className="sw-dim">No files besides the code.</span> : (
          <div className="sw-table-wrap">
            <table className="sw-table" aria-label="Objects">
              <thead><tr><th scope="col">Name</th><th scope="col" className="sw-right">Size</th><th scope="col">SHA-256</th><th scope="col" aria-label="Download" /></tr></thead>
              <tbody>
                {objects.map((file) => (
                  <tr key={file.path}>
                    <td className="sw-mono sw-break">{file.path}{mark(file) === null ? null : <span style={{ color: 'var(--sw-look)' }}> {mark(file)}</span>}</td>
                    <td className="sw-right">{formatBytes(file.size_bytes)}</td>
                    <td><span className="sw-mono" title={file.sha256}>{file.sha256.slice(0, 12)}…</span> <CopyButton value={file.sha256} what="digest" /></td>
                    <td className="sw-right"><DownloadLink address={addressOf(file.path)} path={file.path} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel></>}
    </div>
  );
}

function DownloadLink({ address, path }: { address: string; path: string }) {
  return (
    <Anchor href={address} download={path.split('/').at(-1)} c="dimmed" size="sm" aria-label={`Download ${path}`} title={`Download ${path}`}>
      <Download size={14} aria-hidden style={{ verticalAlign: '-2px' }} />
    </Anchor>
  );
}
