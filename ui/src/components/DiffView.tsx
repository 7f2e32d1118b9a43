import { formatBytes, plural } from '../lib/format.ts';
import type { DiffHunkInfo, FileDiffInfo } from '../lib/wireDrafts.ts';
import { Panel } from './Panel.tsx';

const WORD: Record<FileDiffInfo['change'], string> = { added: 'new', removed: 'removed', changed: 'changed' };
const SIGN = { added: '+', removed: '−', same: '' } as const;

/** Files that differ: a list with the lines that each has more and less, then each with its lines, marked by sign and colour. */
export function DiffView({ files }: { files: FileDiffInfo[] }) {
  return (
    <div style={{ display: 'grid', gap: 16, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Panel title="Files that differ" flush>
        <div className="sw-table-wrap">
          <table className="sw-table" aria-label="Files that differ">
            <thead><tr><th scope="col">File</th><th scope="col">Change</th><th scope="col" className="sw-right">Lines</th></tr></thead>
            <tbody>
              {files.map((file) => (
                <tr key={file.path}>
                  <td><a className="sw-link sw-mono sw-break" href={`#${anchor(file.path)}`}>{file.path}</a></td>
                  <td>{WORD[file.change]}</td>
                  <td className="sw-right"><Counts file={file} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      {files.map((file) => (
        <section key={file.path} id={anchor(file.path)} aria-label={file.path}>
          <Panel title={<span className="sw-mono sw-break">{file.path}</span>} actions={<Counts file={file} />} flush={file.omitted === null && file.hunks.length > 0}>
            {file.omitted !== null ? <span className="sw-dim">{omitted(file)}</span>
              : file.hunks.length === 0 ? <span className="sw-dim">An empty file.</span>
                : <Lines path={file.path} hunks={file.hunks} />}
          </Panel>
        </section>
      ))}
    </div>
  );
}

function Lines({ path, hunks }: { path: string; hunks: DiffHunkInfo[] }) {
  return (
    <div className="sw-diff" tabIndex={0} role="group" aria-label={`Lines of ${path}`}>
      <table>
        <thead className="sw-hidden"><tr><th scope="col">Line before</th><th scope="col">Line now</th><th scope="col">Change</th><th scope="col">Text</th></tr></thead>
        {hunks.map((hunk) => {
          let [old, now] = [hunk.old_start, hunk.new_start];
          return (
            <tbody key={`${hunk.old_start} ${hunk.new_start}`}>
              <tr className="sw-diff-head"><td colSpan={4}>Lines {hunk.old_start} to {Math.max(hunk.old_start, hunk.old_start + hunk.old_lines - 1)}, now {hunk.new_start} to {Math.max(hunk.new_start, hunk.new_start + hunk.new_lines - 1)}</td></tr>
              {hunk.lines.map((line, at) => (
                <tr key={at} data-kind={line.kind}>
                  <td className="sw-num">{line.kind === 'added' ? '' : old++}</td>
                  <td className="sw-num">{line.kind === 'removed' ? '' : now++}</td>
                  <td>{SIGN[line.kind]}</td>
                  <td>{line.text}{line.cut ? <span className="sw-dim" title="The line is longer than is shown">…</span> : null}{line.no_newline ? <span className="sw-dim" title="The file ends here, without a line end"> (no line end)</span> : null}</td>
                </tr>
              ))}
            </tbody>
          );
        })}
      </table>
    </div>
  );
}

function Counts({ file }: { file: FileDiffInfo }) {
  if (file.added === null || file.removed === null) return <span className="sw-dim">not compared by line</span>;
  return (
    <span className="sw-num" title={`${plural(file.added, 'line')} more, ${plural(file.removed, 'line')} less`}>
      <span className="sw-diff-added">+{file.added}</span> <span className="sw-diff-removed">−{file.removed}</span>
    </span>
  );
}

const anchor = (path: string) => `diff-${path.replaceAll(/[^A-Za-z0-9]+/g, '-')}`;

function omitted(file: FileDiffInfo): string {
  const sizes = [file.old_size_bytes, file.new_size_bytes].filter((size) => size !== null).map(formatBytes).join(' → ');
  if (file.omitted === 'binary') return `A binary file, ${sizes}.`;
  return file.omitted === 'too_large' ? `Too large to be compared by line: ${sizes}.` : 'Not shown: there is too much that differs. Download the files to compare them.';
}
