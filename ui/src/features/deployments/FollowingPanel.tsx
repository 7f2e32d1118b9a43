import { Button, Checkbox, Group, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Panel } from '../../components/Panel.tsx';
import { toast } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import { ApiError } from '../../lib/http.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { defaultVariant } from './facts.ts';
import { useFollowing } from './following.ts';

const ON_MOVE = [{ value: 'wait', label: 'waits until that has ended' }, { value: 'supersede', label: 'takes its place' }];

/** Which alias or stage the version is chosen by, and whether the deployment moves along. */
export function FollowingPanel({ deployment }: { deployment: DeploymentInfo }) {
  const { following } = deployment;
  const model = defaultVariant(deployment.live)?.model ?? deployment.name;
  const { set, remove } = useFollowing(deployment);
  const [reference, setReference] = useState(following?.reference ?? '');
  const [follow, setFollow] = useState(following?.follow ?? true);
  const [onMove, setOnMove] = useState<string>(following?.on_move ?? 'wait');
  const refusal = set.error instanceof ApiError ? set.error : null;
  const save = () => {
    set.mutate({ reference: reference.trim(), follow, on_move: onMove }, { onSuccess: (answer) => { toast(told(answer, () => (follow ? `It follows ${reference.trim()} now.` : `It is compared with ${reference.trim()} now.`))); } });
  };
  return (
    <Panel title="Following">
      <form onSubmit={(event) => { event.preventDefault(); save(); }}>
        <Stack gap="sm">
          <TextInput label="Alias or stage" placeholder={`${model}@champion or ${model}/Production`} value={reference} error={refusal?.field('reference')} spellCheck={false}
            description="The version is chosen by this name; empty: by its number" onChange={(event) => { setReference(event.currentTarget.value); }} />
          <Checkbox label="Move along" checked={follow} onChange={(event) => { setFollow(event.currentTarget.checked); }}
            description={follow ? 'When the name moves, its version is rolled out here as the environment does it.' : 'When the name moves, the deployment shows drift until somebody updates it.'} />
          {follow ? <NativeSelect label="A move in the middle of a rollout" data={ON_MOVE} value={onMove} error={refusal?.field('on_move')} onChange={(event) => { setOnMove(event.currentTarget.value); }} /> : null}
          {set.error !== null && refusal?.problem.errors == null ? <ErrorState error={set.error} title="It was not set" /> : null}
          {remove.error === null ? null : <ErrorState error={remove.error} title="It was not taken away" />}
          <Group justify="flex-end" gap="xs">
            {following === null ? null : (
              <Button variant="default" loading={remove.isPending} onClick={() => { remove.mutate(undefined, { onSuccess: () => { setReference(''); toast('It follows nothing now.'); } }); }}>Follow nothing</Button>
            )}
            <Button type="submit" disabled={reference.trim() === ''} loading={set.isPending}>Save following</Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
