import { Button, Group, NumberInput, Stack } from '@mantine/core';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { toast } from '../../components/Toasts.tsx';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { useScale } from './api.ts';

/** The number of replicas, within the deployment's bounds; of several variants, that of each which has no bounds of its own. */
export function ScaleForm({ deployment, onDone }: { deployment: DeploymentInfo; onDone?: () => void }) {
  const scale = useScale(deployment);
  const { min_replicas: min, max_replicas: max, replicas_wanted: wanted } = deployment;
  const variants = deployment.live?.variants.length ?? 1;
  const now = Math.round(wanted / variants);
  const [replicas, setReplicas] = useState<string | number>(now);
  return (
    <form onSubmit={(event) => {
      event.preventDefault();
      if (replicas !== '') scale.mutate(Number(replicas), { onSuccess: () => { toast(`${deployment.name} goes to ${replicas} replicas.`); onDone?.(); } });
    }}>
      <Stack gap="sm">
        <Group align="flex-end" gap="sm">
          <NumberInput label={variants > 1 ? 'Replicas of each variant' : 'Replicas'} description={`Between ${min} and ${max}, the settings’ bounds`} min={min} max={max} value={replicas} onChange={setReplicas} w={220} />
          <Button type="submit" variant="default" loading={scale.isPending} disabled={replicas === '' || replicas === now}>Scale</Button>
        </Group>
        {scale.error === null ? null : <ErrorState error={scale.error} title="It was not scaled" />}
      </Stack>
    </form>
  );
}
