import { Select } from '@mantine/core';
import { EmptyState } from '../../components/EmptyState.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { formatExact } from '../../lib/format.ts';
import { stateWord } from '../../lib/states.ts';
import type { RolloutInfo } from '../../lib/wire.ts';
import { useRolloutsOf } from './api.ts';
import { RolloutView } from './RolloutView.tsx';

const named = (rollout: RolloutInfo) =>
  `${rollout.from_revision === null ? '' : `r${rollout.from_revision} `}→ r${rollout.to_revision} · ${stateWord('rollouts', rollout.status).word.toLowerCase()} · ${formatExact(rollout.started_at)}`;

/** The rollout under way, or the last one; older ones by choice. `shown` is the id in the address; null: the newest. */
export function RolloutTab({ environment, name, shown, onShow }: { environment: string; name: string; shown: string | null; onShow: (id: string | null) => void }) {
  const rollouts = useRolloutsOf(environment, name);
  return (
    <QueryView query={rollouts} title="The rollouts could not be loaded" loading={<BlockSkeleton height={420} />}
      empty={<EmptyState title="No rollout yet">Each change of what is live is a rollout: it moves traffic step by step, and back when the new revision is no good.</EmptyState>}>
      {(all) => {
        const rollout = all.find((one) => one.id === shown) ?? all[0];
        if (rollout === undefined) return null;
        return (
          <div style={{ display: 'grid', gap: 16 }}>
            {all.length === 1 ? null : (
              <Select aria-label="Which rollout" allowDeselect={false} maw={460} value={rollout.id} data={all.map((one) => ({ value: one.id, label: named(one) }))}
                onChange={(id) => { onShow(id === all[0]?.id ? null : id); }} />
            )}
            <RolloutView key={rollout.id} rollout={rollout} onStarted={() => { onShow(null); }} />
          </div>
        );
      }}
    </QueryView>
  );
}
