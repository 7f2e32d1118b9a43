import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { GuardedModal } from '../../components/GuardedModal.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { TableSkeleton } from '../../components/Skeletons.tsx';
import { toast } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import type { EnvironmentInfo } from '../../lib/wire.ts';
import { useEnvironments } from './api.ts';
import { EnvironmentFields, NEW_PROMOTION, requestOf, type EnvironmentValues } from './EnvironmentForm.tsx';
import { promotionWords, protectionWords, useCreateEnvironment } from './environments.ts';

const columns: Column<EnvironmentInfo>[] = [
  { id: 'place', header: 'Place', numeric: true, fixed: true, cell: (one) => one.order + 1 },
  { id: 'name', header: 'Name', fixed: true, cell: (one) => <span style={{ fontWeight: 600 }}>{one.name}</span> },
  { id: 'protection', header: 'Protection', fixed: true, cell: protectionWords },
  { id: 'deployments', header: 'Deployments', numeric: true, fixed: true, cell: (one) => one.deployments },
  { id: 'replicas', header: 'Replicas, unless said', cell: (one) => `${one.min_replicas} to ${one.max_replicas}${one.autoscaling?.enabled === true ? ', by the load' : ''}` },
  { id: 'promotion', header: 'A new revision takes over', cell: promotionWords },
];

/** All environments in the order of promotion; administrators add others. */
export function EnvironmentsPage({ mayEdit, users }: { mayEdit: boolean; users: string[] }) {
  const environments = useEnvironments();
  const navigate = useNavigate();
  const [making, setMaking] = useState(false);
  return (
    <>
      <PageHead title="Environments" tab="Environments" lead="Where deployments live, in the order of promotion.">
        {mayEdit ? <Button leftSection={<Plus size={15} aria-hidden />} onClick={() => { setMaking(true); }}>New environment</Button> : null}
      </PageHead>
      <Panel flush>
        <QueryView query={environments} title="The environments could not be loaded" loading={<TableSkeleton rows={3} />}>
          {(all) => (
            <>
              <DataTable name="environments" label="Environments" rows={all} columns={columns} rowKey={(one) => one.name}
                onOpen={(one) => { void navigate({ to: '/admin/environments/$environment', params: { environment: one.name } }); }} />
              <GuardedModal opened={making} onClose={() => { setMaking(false); }} title="New environment" centered size="lg">
                <NewEnvironment key={String(making)} others={all.map((one) => one.name)} users={users} onClose={() => { setMaking(false); }} />
              </GuardedModal>
            </>
          )}
        </QueryView>
      </Panel>
    </>
  );
}

const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

function NewEnvironment({ others, users, onClose }: { others: string[]; users: string[]; onClose: () => void }) {
  const create = useCreateEnvironment();
  const [name, setName] = useState('');
  const [values, setValues] = useState<EnvironmentValues>(() => ({
    after: others[Math.max(0, others.indexOf('production') - 1)] ?? '', protected: false, approval: false, reviewers: [], requires_stage: '', min_replicas: 1, max_replicas: 1, promotion: NEW_PROMOTION, steps: '', autoscaling: null,
  }));
  const refusal = create.error instanceof ApiError ? create.error : null;
  const badName = name === '' || NAME.test(name) ? undefined : '1 to 40 lower-case letters, digits and hyphens, the first no hyphen';
  const request = requestOf(values);
  return (
    <form onSubmit={(event) => {
      event.preventDefault();
      if (name !== '' && badName === undefined && request !== undefined) create.mutate({ name, after: values.after, ...request }, { onSuccess: () => { toast(`${name} is there.`); onClose(); } });
    }}>
      <Stack gap="sm">
        <TextInput label="Name" description="It is part of the address of what lives there, and stays" required value={name} error={badName ?? refusal?.field('name') ?? (refusal?.code === 'name_taken' || refusal?.code === 'name_reserved' ? refusal.message : undefined)}
          autoComplete="off" data-autofocus onChange={(event) => { setName(event.currentTarget.value); }} />
        <EnvironmentFields values={values} set={(change) => { setValues((old) => ({ ...old, ...change })); }} refusal={refusal} builtIn={false} production={false} others={others} users={users} />
        {create.error !== null && refusal?.problem.errors == null ? <ErrorState error={create.error} title="The environment was not made" /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={create.isPending}>Make it</Button>
        </Group>
      </Stack>
    </form>
  );
}
