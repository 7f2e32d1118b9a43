import { DiffView } from '../../components/DiffView.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { plural } from '../../lib/format.ts';
import { useDraftDiff, type DeploymentRef } from './api.ts';

/** What the newest files of a live deployment have that the version they began from has not. */
export function DraftChanges({ deployment, hash }: { deployment: DeploymentRef; hash: string }) {
  const diff = useDraftDiff(deployment, hash);
  return (
    <QueryView query={diff} title="The changes could not be loaded" loading={<BlockSkeleton height={240} />}>
      {(data) => (data.files.length === 0
        ? <span className="sw-dim">The draft is just {data.model} v{data.base_version}.</span>
        : (
          <>
            <p className="sw-dim" style={{ margin: '0 0 12px', fontSize: 13.5 }}>{plural(data.files.length, 'file')} since {data.model} v{data.base_version}: {plural(data.added, 'line')} more, {plural(data.removed, 'line')} less.</p>
            <DiffView files={data.files} />
          </>
        ))}
    </QueryView>
  );
}
