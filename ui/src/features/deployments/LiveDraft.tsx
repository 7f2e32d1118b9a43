import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Snowflake } from 'lucide-react';
import { NeedsToOperate } from '../../components/Needs.tsx';
import { Notice } from '../../components/Notice.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { toast } from '../../components/Toasts.tsx';
import { send } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { DeploymentInfo, RolloutInfo } from '../../lib/wire.ts';

/** On a card and beside the name: it serves code that is still edited. */
export function DraftBadge({ deployment }: { deployment: DeploymentInfo }) {
  const { mode, draft } = deployment;
  if (mode !== 'live') return null;
  if (draft?.error != null) return <StateBadge state={{ tone: 'broken', word: 'Live draft, broken', meaning: `The newest files do not load; ${draft.name} goes on answering. ${draft.error.message}` }} />;
  return <StateBadge state={{ tone: 'look', word: 'Live draft', meaning: draft === null ? 'It can be patched while it runs; nothing has been so far.' : `${draft.name} answers` }} />;
}

/** On its page: what answers instead of the version, why the newest files do not, and how it becomes a version. */
export function DraftBanner({ deployment }: { deployment: DeploymentInfo }) {
  const { environment, name, draft, rollout } = deployment;
  const client = useQueryClient();
  const freeze = useMutation({
    mutationFn: () => send<RolloutInfo>('POST', paths.ofDeployment(environment, name, 'draft/freeze'), {}),
    onSuccess: (made) => {
      toast(`Frozen as revision ${made.to_revision}.`);
      return client.invalidateQueries({ queryKey: ['deployments'] });
    },
  });
  if (draft === null || (draft.is_frozen && draft.error === null)) return null;
  return (
    <div style={{ marginTop: 10, display: 'grid', gap: 8 }}>
      {draft.is_frozen ? null : (
        <Notice tone="look" title={`${draft.name} answers, which is not a version yet`} action={(
          <NeedsToOperate environment={environment}><Button size="compact-sm" variant="default" leftSection={<Snowflake size={14} aria-hidden />} loading={freeze.isPending} disabled={draft.error !== null || rollout !== null}
            onClick={() => { freeze.mutate(); }}>Freeze</Button></NeedsToOperate>
        )}>
          {draft.patched_at === null ? null : <>Last patch <RelativeTime at={draft.patched_at} />. </>}Freezing makes a version and a revision of it; promoting freezes it first.
        </Notice>
      )}
      {freeze.error === null ? null : <Notice tone="broken" title="It was not frozen">{freeze.error.message}</Notice>}
      {draft.error === null ? null : (
        <Notice tone="broken" title={`The last patch does not load, so ${draft.name} goes on answering`}>
          {draft.error.traceback === null ? draft.error.message : <pre className="sw-mono" aria-label="Traceback" tabIndex={0} style={{ margin: 0, fontSize: 12.5, overflowX: 'auto', maxHeight: 320 }}>{draft.error.traceback.trimEnd()}</pre>}
        </Notice>
      )}
    </div>
  );
}
