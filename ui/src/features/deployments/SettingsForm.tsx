import { Button, Checkbox, Group, NumberInput, Stack, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { LabelsInput, labelsOf, labelsText } from '../../components/LabelsInput.tsx';
import { Notice } from '../../components/Notice.tsx';
import { LeaveGuard } from '../../components/LeaveGuard.tsx';
import { toast } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import type { DeploymentInfo, UpdateDeploymentRequest } from '../../lib/wire.ts';
import { useEnvironments, useUpdateDeployment } from './api.ts';
import { OwnStrategy } from './OwnStrategy.tsx';

type Values = Required<Omit<UpdateDeploymentRequest, 'labels' | 'min_replicas' | 'max_replicas' | 'load_balancing' | 'autoscaling' | 'load_balancer' | 'health_check'>> & { labels: string };

const valuesOf = (deployment: DeploymentInfo): Values => ({
  strategy: deployment.strategy ?? '', title: deployment.title ?? '', description: deployment.description ?? '',
  timeout_seconds: deployment.timeout_seconds, idempotent: deployment.idempotent, labels: labelsText(deployment.labels),
});

/**
 * Settings change in place. The form remembers the state it started from (its etag): when somebody else saved meanwhile the
 * server refuses with 412, and the form offers the newer values while it keeps what was typed.
 */
export function SettingsForm({ deployment }: { deployment: DeploymentInfo }) {
  const update = useUpdateDeployment(deployment);
  const environment = useEnvironments().data?.find((one) => one.name === deployment.environment);
  const [base, setBase] = useState(deployment);
  const [edits, setEdits] = useState<Partial<Values>>({});
  const values = { ...valuesOf(base), ...edits };
  const before = valuesOf(base);
  const changed = Object.fromEntries(Object.entries(edits).filter(([name, value]) => before[name as keyof Values] !== value)) as Partial<Values>;
  const dirty = Object.keys(changed).length > 0;
  // Nothing typed: follow what others do.
  if (!dirty && base.etag !== deployment.etag && !update.isPending) setBase(deployment);

  const set = (change: Partial<Values>) => { setEdits((old) => ({ ...old, ...change })); };
  const refusal = update.error instanceof ApiError ? update.error : null;
  const stale = refusal?.status === 412;
  const parsed = labelsOf(values.labels);
  const save = () => {
    const { labels, ...plain } = changed;
    update.mutate({ etag: base.etag, ...plain, ...(labels === undefined ? {} : { labels: parsed.labels }) }, {
      onSuccess: (saved) => { setBase(saved); setEdits({}); toast('The settings are saved.'); },
    });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (parsed.error === undefined) save(); }}>
      <Stack gap="sm">
        <LeaveGuard isDirty={() => dirty} />
        <TextInput label="Title" value={values.title} error={refusal?.field('title')} onChange={(event) => { set({ title: event.currentTarget.value }); }} />
        <Textarea label="Description" autosize minRows={2} value={values.description} error={refusal?.field('description')} onChange={(event) => { set({ description: event.currentTarget.value }); }} />
        <NumberInput label="Time limit of a request" suffix=" s" min={1} value={values.timeout_seconds} error={refusal?.field('timeout_seconds')} onChange={(value) => { set({ timeout_seconds: Number(value) }); }} />
        <Checkbox label="Requests may be repeated" description="On another replica when one is lost (idempotent)" checked={values.idempotent} onChange={(event) => { set({ idempotent: event.currentTarget.checked }); }} />
        {deployment.mode === 'live' ? null : <OwnStrategy value={values.strategy} environment={environment} error={refusal?.field('strategy')} onChange={(strategy) => { set({ strategy }); }} />}
        <LabelsInput value={values.labels} onChange={(labels) => { set({ labels }); }} error={parsed.error ?? refusal?.field('labels')} />
        {stale ? (
          <Notice tone="look" title="Somebody changed these settings while you were editing" action={(
            <Button size="xs" variant="default" onClick={() => { setBase(deployment); update.reset(); }}>Take over the newer values</Button>
          )}>The fields that you did not touch take the newer values; what you typed stays. Then save again.</Notice>
        ) : update.error !== null && refusal?.problem.errors == null ? <ErrorState error={update.error} title="The settings were not saved" /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" disabled={!dirty} onClick={() => { setEdits({}); setBase(deployment); update.reset(); }}>Discard</Button>
          <Button type="submit" loading={update.isPending} disabled={!dirty}>Save</Button>
        </Group>
      </Stack>
    </form>
  );
}
