import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { LabelsInput, labelsOf, labelsText } from '../../components/LabelsInput.tsx';
import { ApiError } from '../../lib/http.ts';
import type { DeploymentInfo, RevisionInfo } from '../../lib/wire.ts';
import { useRenameRevision } from './revisions.ts';

/** Name and labels of a revision, which are for people. */
export function RenameRevisionForm({ opened, onClose, ...rest }: { opened: boolean; deployment: DeploymentInfo; revision: RevisionInfo; onClose: () => void }) {
  return <GuardedModal opened={opened} onClose={onClose} title={`Name and labels of revision ${rest.revision.number}`} centered><Body key={String(opened)} onClose={onClose} {...rest} /></GuardedModal>;
}

function Body({ deployment, revision, onClose }: { deployment: DeploymentInfo; revision: RevisionInfo; onClose: () => void }) {
  const rename = useRenameRevision(deployment);
  const [name, setName] = useState(revision.name);
  const [labels, setLabels] = useState(labelsText(revision.labels));
  const parsed = labelsOf(labels);
  const refusal = rename.error instanceof ApiError ? rename.error : null;
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (parsed.error === undefined) rename.mutate({ number: revision.number, name, labels: parsed.labels }, { onSuccess: onClose }); }}>
      <Stack gap="sm">
        <TextInput label="Name" value={name} error={refusal?.field('name')} data-autofocus onChange={(event) => { setName(event.currentTarget.value); }} />
        <LabelsInput value={labels} onChange={setLabels} error={parsed.error ?? refusal?.field('labels')} />
        {rename.error !== null && refusal?.problem.errors == null ? <ErrorState error={rename.error} title="It was not changed" /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={rename.isPending}>Save</Button>
        </Group>
      </Stack>
    </form>
  );
}
