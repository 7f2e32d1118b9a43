import { Anchor, Breadcrumbs } from '@mantine/core';
import { Download, File, Folder } from 'lucide-react';
import { useState } from 'react';
import { Code } from '../../components/Code.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { formatBytes, plural, prettyJson } from '../../lib/format.ts';
import { runPaths } from '../../lib/runPaths.ts';
import type { ArtifactEntry, RunDetail } from '../../lib/wireRuns.ts';
import { useArtifactText, useFolder } from './api.ts';

const TEXT = /\.(py|pyi|ya?ml|toml|txt|md|json|jsonl|cfg|ini|sh|r|sql|csv|log|html|xml)$|(^|\/)(MLmodel|requirements\.txt|Dockerfile)$/i;
const IMAGE = /\.(png|jpe?g|gif|webp)$/i;
/** Larger files are only offered for download. */
const READABLE_BYTES = 512 * 1024;
const nameIn = (path: string) => path.split('/').at(-1) ?? path;

/** Files of a run as folders, with a look into texts and pictures. */
export function ArtifactsPanel({ detail }: { detail: RunDetail }) {
  const { id } = detail.run;
  const [folder, setFolder] = useState('');
  const [chosen, setChosen] = useState<ArtifactEntry | null>(null);
  if (detail.artifact_count === 0) return <Panel title="Artifacts"><span className="sw-dim">No files. In Python: run.log_artifact("model.pkl").</span></Panel>;
  const crumbs = folder === '' ? [] : folder.split('/');
  return (
    <Panel title="Artifacts" flush>
      <div style={{ padding: '8px 12px' }}>
        <Breadcrumbs>
          <Anchor component="button" type="button" size="sm" onClick={() => { setFolder(''); setChosen(null); }}>files</Anchor>
          {crumbs.map((part, at) => (
            <Anchor key={crumbs.slice(0, at + 1).join('/')} component="button" type="button" size="sm" onClick={() => { setFolder(crumbs.slice(0, at + 1).join('/')); setChosen(null); }}>{part}</Anchor>
          ))}
        </Breadcrumbs>
      </div>
      <Entries key={folder} run={id} folder={folder} chosen={chosen} onOpen={(entry) => { if (entry.is_folder) { setFolder(entry.path); setChosen(null); } else setChosen(entry); }} />
      {chosen === null ? null : <Preview run={id} entry={chosen} />}
    </Panel>
  );
}

function Entries({ run, folder, chosen, onOpen }: { run: string; folder: string; chosen: ArtifactEntry | null; onOpen: (entry: ArtifactEntry) => void }) {
  const entries = useFolder(run, folder);
  return (
    <QueryView query={entries} title="The files could not be listed" loading={<BlockSkeleton height={120} />}>
      {(rows) => (
        <div className="sw-table-wrap" style={{ maxHeight: 360, overflow: 'auto' }}>
          <table className="sw-table" aria-label="Files">
            <thead><tr><th scope="col">Name</th><th scope="col" className="sw-right">Size</th><th scope="col">SHA-256</th><th scope="col" aria-label="Download" /></tr></thead>
            <tbody>
              {rows.map((entry) => (
                <tr key={entry.path} aria-selected={entry.path === chosen?.path}>
                  <td>
                    <Anchor component="button" type="button" size="sm" className="sw-mono sw-break" onClick={() => { onOpen(entry); }}>
                      {entry.is_folder ? <Folder size={13} aria-hidden style={{ verticalAlign: '-2px', marginRight: 6 }} /> : <File size={13} aria-hidden style={{ verticalAlign: '-2px', marginRight: 6 }} />}{nameIn(entry.path)}
                    </Anchor>
                    {entry.is_folder ? <span className="sw-dim"> {plural(entry.file_count, 'file')}</span> : null}
                  </td>
                  <td className="sw-right">{formatBytes(entry.size_bytes)}</td>
                  <td>{entry.sha256 === null ? <span className="sw-dim">–</span> : <><span className="sw-mono" title={entry.sha256}>{entry.sha256.slice(0, 12)}…</span> <CopyButton value={entry.sha256} what="digest" /></>}</td>
                  <td className="sw-right">{entry.is_folder ? null : <DownloadLink run={run} path={entry.path} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </QueryView>
  );
}

function Preview({ run, entry }: { run: string; entry: ArtifactEntry }) {
  const readable = TEXT.test(entry.path) && entry.size_bytes <= READABLE_BYTES;
  const text = useArtifactText(run, readable ? entry : null);
  const label = `Preview of ${nameIn(entry.path)}`;
  return (
    <section aria-label={label} style={{ borderTop: '1px solid var(--sw-line)', padding: 12 }}>
      {readable ? (
        <QueryView query={text} title="The file could not be loaded" loading={<BlockSkeleton height={160} />}>
          {(content) => <Code value={entry.path.endsWith('.json') ? prettyJson(content) : content} language={entry.path.endsWith('.py') ? 'python' : entry.path.endsWith('.json') ? 'json' : 'text'} label={label} maxHeight="420px" />}
        </QueryView>
      ) : IMAGE.test(entry.path) ? (
        <img src={runPaths.artifact(run, entry.path)} alt={nameIn(entry.path)} style={{ maxWidth: '100%', maxHeight: 420 }} />
      ) : (
        <span className="sw-dim">{entry.size_bytes > READABLE_BYTES && TEXT.test(entry.path) ? 'Too large to show here.' : 'This kind of file is not shown here.'} <DownloadLink run={run} path={entry.path} words /></span>
      )}
    </section>
  );
}

function DownloadLink({ run, path, words = false }: { run: string; path: string; words?: boolean }) {
  return (
    <Anchor href={runPaths.artifact(run, path)} download={nameIn(path)} c="dimmed" size="sm" aria-label={`Download ${path}`} title={`Download ${path}`}>
      <Download size={14} aria-hidden style={{ verticalAlign: '-2px' }} />{words ? ' Download' : ''}
    </Anchor>
  );
}
