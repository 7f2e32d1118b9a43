import { Button, Group } from '@mantine/core';
import { useEffect, useState } from 'react';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { toast } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import { ApiError } from '../../lib/http.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { useCreateRevision } from './api.ts';
import type { VersionChoice } from './DeploymentForm.tsx';
import { draftOf, rulesOf, variantsOf, type Draft } from './routingDraft.ts';
import { RoutingTable } from './RoutingTable.tsx';
import { SimulatorPanel } from './SimulatorPanel.tsx';
import { VariantsPanel } from './VariantsPanel.tsx';

/** Variants of the live revision and the table that chooses among them: edited together, saved as a new revision. */
export function RoutingTab(props: { deployment: DeploymentInfo; models: string[]; versions: VersionChoice[]; onModel: (model: string) => void }) {
  if (props.deployment.live === null) {
    return <EmptyState title="Nothing is live yet">The first revision has one variant; once it is live, others join it here.</EmptyState>;
  }
  return <Editor key={props.deployment.live.number} {...props} />;
}

function Editor({ deployment, models, versions, onModel }: { deployment: DeploymentInfo; models: string[]; versions: VersionChoice[]; onModel: (model: string) => void }) {
  const [start] = useState(() => draftOf(deployment));
  const [draft, setDraft] = useState<Draft>(start);
  const [shown, setShown] = useState(start.variants[0]?.key ?? 0);
  const save = useCreateRevision({ environment: deployment.environment, name: deployment.name });
  const changed = JSON.stringify([variantsOf(draft), rulesOf(draft)]) !== JSON.stringify([variantsOf(start), rulesOf(start)]);
  const refusal = save.error instanceof ApiError ? save.error : null;
  const model = draft.variants.find((one) => one.key === shown)?.model ?? '';
  useEffect(() => { onModel(model); }, [model, onModel]);
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      {deployment.rollout === null ? null : <Notice tone="moving" title="A rollout is under way">What you see is the revision that was live before it; what is saved here waits for its end.</Notice>}
      <VariantsPanel draft={draft} onChange={setDraft} shown={shown} onShow={setShown} models={models} versions={versions} refusal={refusal} deployment={deployment} />
      <RoutingTable draft={draft} onChange={setDraft} refusal={refusal} />
      {changed || save.error !== null ? (
        <section aria-label="Unsaved changes" style={{ display: 'grid', gap: 10 }}>
          {save.error === null ? null : <ErrorState error={save.error} title="The revision was not made" />}
          <Group justify="space-between" gap="xs">
            <span className="sw-dim" style={{ fontSize: 13 }}>Saving makes a new revision that is rolled out. Variants that stay as they are go on running.</span>
            <Group gap="xs">
              <Button variant="default" onClick={() => { setDraft(start); setShown(start.variants[0]?.key ?? 0); save.reset(); }}>Discard</Button>
              <Button loading={save.isPending} disabled={!changed} onClick={() => {
                save.mutate({ variants: variantsOf(draft), routing: rulesOf(draft) }, { onSuccess: (answer) => { toast(told(answer, (rollout) => `Revision ${rollout.to_revision} is being rolled out.`)); } });
              }}>Save and roll out</Button>
            </Group>
          </Group>
        </section>
      ) : null}
      <SimulatorPanel deployment={deployment} draft={draft} changed={changed} />
    </div>
  );
}
