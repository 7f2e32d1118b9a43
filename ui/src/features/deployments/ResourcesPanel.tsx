import { Button, Group, NumberInput, Stack } from '@mantine/core';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { LeaveGuard } from '../../components/LeaveGuard.tsx';
import { Panel } from '../../components/Panel.tsx';
import { RestartMark } from '../../components/RestartMark.tsx';
import { toast } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import { ApiError } from '../../lib/http.ts';
import type { DeploymentInfo, VariantInfo } from '../../lib/wire.ts';
import { useCreateRevision } from './api.ts';
import { ExtraFields, extraChanges, extraOf } from './ExtraFields.tsx';
import { isStopped, packageAsk } from './facts.ts';
import { DraftLoss, meanwhile } from './Replacing.tsx';

/** What each replica of the default variant has; a change needs new replicas, so it is a new revision that is rolled out. */
export function ResourcesPanel({ deployment, variant }: { deployment: DeploymentInfo; variant: VariantInfo }) {
  const create = useCreateRevision(deployment);
  const was = { cpu: variant.resources.cpu_cores, memory: variant.resources.memory_mib, extra: extraOf(variant) };
  const [cpu, setCpu] = useState<string | number>(was.cpu);
  const [memory, setMemory] = useState<string | number>(was.memory);
  const [extra, setExtra] = useState(was.extra);
  const change = {
    ...(cpu === '' || Number(cpu) === was.cpu ? {} : { cpu_cores: Number(cpu) }), ...(memory === '' || Number(memory) === was.memory ? {} : { memory_mib: Number(memory) }), ...extraChanges(was.extra, extra),
  };
  const dirty = Object.keys(change).length > 0;
  const refusal = create.error instanceof ApiError ? create.error : null;
  const field = (name: string) => refusal?.field(name);
  const blocked = deployment.rollout !== null ? 'A rollout is under way' : isStopped(deployment) ? 'The deployment is stopped' : undefined;
  const discard = () => { setCpu(was.cpu); setMemory(was.memory); setExtra(was.extra); create.reset(); };
  return (
    <Panel title={<>Resources <RestartMark /></>}>
      <form onSubmit={(event) => {
        event.preventDefault();
        create.mutate(change, { onSuccess: (answer) => { toast(told(answer, (rollout) => `Revision ${rollout.to_revision} is being rolled out.`)); discard(); } });
      }}>
        <Stack gap="sm">
          <LeaveGuard isDirty={() => dirty} />
          <Group grow align="flex-start">
            <NumberInput label="CPU per replica" suffix={Number(cpu) === 1 ? ' core' : ' cores'} min={0.1} step={0.5} value={cpu} error={field('cpu_cores')} onChange={setCpu} />
            <NumberInput label="Memory per replica" suffix=" MiB" min={32} step={128} value={memory} error={field('memory_mib')} onChange={setMemory} />
          </Group>
          <ExtraFields values={extra} field={field} onChange={(more) => { setExtra((old) => ({ ...old, ...more })); }} />
          {packageAsk(variant) === '' ? null : <div className="sw-dim" style={{ fontSize: 13 }}>{variant.model} v{variant.model_version}: {packageAsk(variant).slice(2)}.</div>}
          {create.error !== null && refusal?.problem.errors == null ? <ErrorState error={create.error} title="The resources were not changed" /> : null}
          {dirty ? (
            <>
              <div className="sw-dim" style={{ fontSize: 13 }}>
                <DraftLoss deployment={deployment} />
                This change needs new replicas: saving makes a new revision, and {meanwhile(deployment)}.{(deployment.live?.variants.length ?? 1) > 1 ? ` It is about the variant ${variant.name}; the others stay as they are.` : ''}
              </div>
              <Group justify="flex-end" gap="xs">
                <Button variant="default" onClick={discard}>Discard</Button>
                <Button type="submit" loading={create.isPending} disabled={blocked !== undefined} title={blocked}>Save and roll out</Button>
              </Group>
            </>
          ) : null}
        </Stack>
      </form>
    </Panel>
  );
}
