import { Autocomplete, Button, Group, Stack } from '@mantine/core';
import { Hammer } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Panel } from '../../components/Panel.tsx';
import { RestartMark } from '../../components/RestartMark.tsx';
import { toast } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import { ApiError } from '../../lib/http.ts';
import type { DeploymentInfo, VariantInfo } from '../../lib/wire.ts';
import { useCreateRevision } from './api.ts';
import { isStopped } from './facts.ts';
import { RebuildDialog } from './RebuildDialog.tsx';
import { DraftLoss } from './Replacing.tsx';

/** What the live version is built on; another base image, or another build on the same, is a new revision. */
export function BaseImagePanel({ deployment, variant, baseImages }: { deployment: DeploymentInfo; variant: VariantInfo; baseImages: string[] }) {
  const create = useCreateRevision(deployment);
  const [image, setImage] = useState(variant.base_image);
  const [asking, setAsking] = useState(false);
  const refusal = create.error instanceof ApiError ? create.error : null;
  const blocked = deployment.rollout !== null ? 'A rollout is under way' : isStopped(deployment) ? 'The deployment is stopped' : undefined;
  const going = (answer: Parameters<typeof told>[0]) => { toast(told(answer as { to_revision: number }, (rollout) => `Revision ${rollout.to_revision} is being rolled out.`)); };
  return (
    <Panel title={<>Base image <RestartMark /></>} actions={(
      <Button size="xs" variant="default" leftSection={<Hammer size={14} aria-hidden />} disabled={blocked !== undefined} title={blocked} onClick={() => { setAsking(true); }}>Rebuild…</Button>
    )}>
      <form onSubmit={(event) => { event.preventDefault(); create.mutate({ base_image: image }, { onSuccess: going }); }}>
        <Stack gap="sm">
          <Autocomplete label="Built on" description={`${variant.model} v${variant.model_version}, build ${variant.build}`} data={baseImages} value={image} error={refusal?.field('base_image')} onChange={setImage} maw={320} />
          {create.error !== null && refusal?.problem.errors == null ? <ErrorState error={create.error} title="The base image was not changed" /> : null}
          {image === variant.base_image || image === '' ? null : (
            <Group justify="flex-end" gap="xs">
              <DraftLoss deployment={deployment} />
              <Button variant="default" onClick={() => { setImage(variant.base_image); create.reset(); }}>Discard</Button>
              <Button type="submit" loading={create.isPending} disabled={blocked !== undefined} title={blocked}>Save and roll out</Button>
            </Group>
          )}
        </Stack>
      </form>
      <RebuildDialog deployment={deployment} opened={asking} onClose={() => { setAsking(false); }} />
    </Panel>
  );
}
