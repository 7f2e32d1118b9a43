import { Button, Group, Stack } from '@mantine/core';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { LeaveGuard } from '../../components/LeaveGuard.tsx';
import { toast } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import type { AutoscalingSettings, DeploymentInfo, HealthCheckSettings, LoadBalancerSettings } from '../../lib/wire.ts';
import { useUpdateDeployment } from './api.ts';
import { BalancerFields } from './BalancerFields.tsx';
import { HealthFields } from './HealthFields.tsx';
import { ScalingFields } from './ScalingFields.tsx';

/** Edits scaling, balancing or health checks in place: what was touched is sent, with the version it was read at. Nothing restarts. */
export function RunningForm({ deployment, part }: { deployment: DeploymentInfo; part: 'autoscaling' | 'load_balancer' | 'health_check' }) {
  const update = useUpdateDeployment(deployment);
  const [scaling, setScaling] = useState<Partial<AutoscalingSettings>>({});
  const [balancer, setBalancer] = useState<Partial<LoadBalancerSettings>>({});
  const [health, setHealth] = useState<Partial<HealthCheckSettings>>({});
  const edits = { autoscaling: scaling, load_balancer: balancer, health_check: health }[part];
  const dirty = Object.keys(edits).length > 0;
  const refusal = update.error instanceof ApiError ? update.error : null;
  const field = (name: string) => refusal?.field(name);
  const clear = () => { setScaling({}); setBalancer({}); setHealth({}); update.reset(); };
  const save = () => {
    update.mutate({ etag: deployment.etag, [part]: edits }, { onSuccess: () => { clear(); toast('The settings are saved.'); } });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); save(); }}>
      <Stack gap="sm">
        <LeaveGuard isDirty={() => dirty} />
        {part === 'autoscaling'
          ? <ScalingFields values={{ ...deployment.autoscaling, ...scaling }} field={field} onChange={(change) => { setScaling((old) => ({ ...old, ...change })); }} />
          : part === 'health_check' ? <HealthFields values={{ ...deployment.health_check, ...health }} field={field} onChange={(change) => { setHealth((old) => ({ ...old, ...change })); }} />
          : <BalancerFields values={{ ...deployment.load_balancer, ...balancer }} field={field} onChange={(change) => { setBalancer((old) => ({ ...old, ...change })); }} />}
        {update.error !== null && refusal?.problem.errors == null ? <ErrorState error={update.error} title="The settings were not saved" /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" disabled={!dirty} onClick={clear}>Undo changes</Button>
          <Button type="submit" loading={update.isPending} disabled={!dirty}>{{ autoscaling: 'Save scaling', load_balancer: 'Save balancing', health_check: 'Save health checks' }[part]}</Button>
        </Group>
      </Stack>
    </form>
  );
}
