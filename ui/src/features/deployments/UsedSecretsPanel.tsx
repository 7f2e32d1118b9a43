import { Button, Group, Stack } from '@mantine/core';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Panel } from '../../components/Panel.tsx';
import { RestartMark } from '../../components/RestartMark.tsx';
import { toast } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import { told } from '../../lib/asked.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { useCreateRevision } from './api.ts';
import { DraftLoss } from './Replacing.tsx';
import { SecretNames } from './SecretNames.tsx';

/** The secrets that the live revision uses: chosen by name; saving rolls a new revision out. */
export function UsedSecretsPanel({ deployment }: { deployment: DeploymentInfo }) {
  const before = deployment.live?.secrets ?? [];
  const [names, setNames] = useState<string[]>(before);
  const create = useCreateRevision(deployment);
  const refusal = create.error instanceof ApiError ? create.error : null;
  const dirty = names.toSorted().join(' ') !== before.toSorted().join(' ');
  return (
    <Panel title={<>Secrets <RestartMark /></>}>
      <form onSubmit={(event) => {
        event.preventDefault();
        create.mutate({ secrets: names }, { onSuccess: (answer) => { toast(told(answer, (rollout) => `Revision ${rollout.to_revision} is being rolled out.`)); } });
      }}>
        <Stack gap="sm">
          <SecretNames environment={deployment.environment} label="Used by this deployment" value={names} onChange={setNames} error={refusal?.field('secrets')} />
          {create.error !== null && refusal?.problem.errors == null ? <ErrorState error={create.error} title="The secrets were not changed" /> : null}
          {dirty ? (
            <Group justify="flex-end" gap="xs">
              <DraftLoss deployment={deployment} />
              <Button variant="default" onClick={() => { setNames(before); create.reset(); }}>Discard</Button>
              <Button type="submit" loading={create.isPending} disabled={deployment.live === null}>Save and roll out</Button>
            </Group>
          ) : null}
        </Stack>
      </form>
    </Panel>
  );
}
