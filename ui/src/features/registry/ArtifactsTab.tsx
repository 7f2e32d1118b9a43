import { Button, Checkbox } from '@mantine/core';
import { ChevronDown, ChevronRight, Download, File, FileArchive, Folder } from 'lucide-react';
import { useMemo, useState } from 'react';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Panel } from '../../components/Panel.tsx';
import { formatBytes, plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import type { ModelVersionInfo } from '../../lib/wire.ts';
import { FilePreview } from './FilePreview.tsx';
import { filesBelow, shortest, treeOf, type TreeNode } from './fileTree.ts';
import { archiveUrl } from './recordApi.ts';

/** Longest address that every browser and proxy takes. */
const MOST_QUERY = 6000;

const firstShown = (version: ModelVersionInfo) =>
  version.files.find((file) => /(^|\/)(model\.py|config\.yaml|README\.md)$/.test(file.path)) ?? version.files.find((file) => /\.(py|json|txt|md|ya?ml)$/.test(file.path)) ?? version.files[0];

/** Files of a version as a tree: look into one, choose some, take them along. */
export function ArtifactsTab({ version }: { version: ModelVersionInfo }) {
  const root = useMemo(() => treeOf(version.files), [version.files]);
  const [shown, setShown] = useState<string | null>(firstShown(version)?.path ?? null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (node: TreeNode, wanted: boolean) => {
    const next = new Set(chosen);
    for (const path of filesBelow(node)) if (wanted) next.add(path); else next.delete(path);
    setChosen(next);
  };
  const file = version.files.find((one) => one.path === shown);
  return (
    <div className="sw-artifacts">
      <Panel flush title={`${plural(version.files.length, 'file')}, ${formatBytes(version.size_bytes)}`} actions={<Take version={version} root={root} chosen={chosen} />}>
        {version.files.length === 0 ? <div className="sw-body sw-dim">This version has no files.</div> : (
          <ul className="sw-tree" aria-label="Files">
            {root.children.map((node) => <Branch key={node.path} node={node} depth={0} shown={shown} onShow={setShown} chosen={chosen} onChoose={choose} />)}
          </ul>
        )}
      </Panel>
      {file === undefined ? null : (
        <Panel flush title={<span className="sw-mono sw-break">{file.path}</span>} actions={(
          <>
            <span className="sw-dim sw-mono" style={{ fontSize: 12 }} title={`SHA-256 ${file.sha256}`}>{file.sha256.slice(0, 12)}…</span>
            <CopyButton value={file.sha256} what="digest" />
            <Button component="a" size="compact-sm" variant="default" leftSection={<Download size={13} aria-hidden />} href={paths.versionFile(version.model, version.version, file.path)} download={file.path.split('/').at(-1)}>
              Download <span className="sw-hidden">{file.path}</span>
            </Button>
          </>
        )}>
          <FilePreview key={file.path} version={version} file={file} />
        </Panel>
      )}
    </div>
  );
}

/** One chosen file as it is, several as a zip, none chosen: everything. */
function Take({ version, root, chosen }: { version: ModelVersionInfo; root: TreeNode; chosen: ReadonlySet<string> }) {
  if (version.files.length === 0) return null;
  const [only] = chosen.size === 1 ? chosen : [];
  const url = only === undefined ? archiveUrl(version.model, version.version, shortest(root, chosen)) : paths.versionFile(version.model, version.version, only);
  const bytes = version.files.filter((file) => chosen.has(file.path)).reduce((sum, file) => sum + file.size_bytes, 0);
  if (url.length > MOST_QUERY) return <span className="sw-dim" style={{ fontSize: 13 }}>Too many single files for one download; choose folders.</span>;
  return (
    <Button component="a" size="compact-sm" href={chosen.size === 0 ? archiveUrl(version.model, version.version, []) : url} download={only?.split('/').at(-1) ?? `${version.model}-v${version.version}.zip`}
      leftSection={only === undefined ? <FileArchive size={13} aria-hidden /> : <Download size={13} aria-hidden />}>
      {chosen.size === 0 ? 'Download all' : `Download ${plural(chosen.size, 'file')}, ${formatBytes(bytes)}`}
    </Button>
  );
}

function Branch({ node, depth, shown, onShow, chosen, onChoose }: {
  node: TreeNode; depth: number; shown: string | null; onShow: (path: string) => void; chosen: ReadonlySet<string>; onChoose: (node: TreeNode, wanted: boolean) => void;
}) {
  const [open, setOpen] = useState(depth < 2);
  const below = filesBelow(node);
  const count = below.filter((path) => chosen.has(path)).length;
  const isFile = node.file !== null;
  return (
    <li>
      <div className="sw-tree-row" data-shown={isFile && shown === node.path ? true : undefined} style={{ paddingLeft: 12 + depth * 18 }}>
        <Checkbox size="xs" aria-label={`Choose ${node.path}`} checked={count === below.length} indeterminate={count > 0 && count < below.length} onChange={(event) => { onChoose(node, event.currentTarget.checked); }} />
        <button type="button" aria-expanded={isFile ? undefined : open} aria-current={isFile && shown === node.path ? true : undefined}
          onClick={() => { if (isFile) onShow(node.path); else setOpen(!open); }}>
          {isFile ? <File size={14} aria-hidden /> : open ? <ChevronDown size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden />}
          {isFile ? null : <Folder size={14} aria-hidden />}
          <span className="sw-clip">{node.name}</span>
        </button>
        <span className="sw-dim sw-num" style={{ fontSize: 12.5, whiteSpace: 'nowrap' }}>{formatBytes(node.sizeBytes)}</span>
      </div>
      {isFile || !open ? null : <ul>{node.children.map((child) => <Branch key={child.path} node={child} depth={depth + 1} shown={shown} onShow={onShow} chosen={chosen} onChoose={onChoose} />)}</ul>}
    </li>
  );
}
