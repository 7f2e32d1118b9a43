import { Button, Group, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Trash2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Panel } from '../../components/Panel.tsx';
import { QueryView } from '../../components/QueryView.tsx';
import { BlockSkeleton } from '../../components/Skeletons.tsx';
import { LeaveGuard } from '../../components/LeaveGuard.tsx';
import { toast } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import type { EnvironmentInfo } from '../../lib/wire.ts';
import { useEnvironments } from './api.ts';
import { EnvironmentFields, requestOf, valuesOf, type EnvironmentValues } from './EnvironmentForm.tsx';
import { mayManageSecrets } from './secrets.ts';
import { SecretsPanel } from './SecretsPanel.tsx';
import { protectionWords, useDeleteEnvironment, useEnvironment, useUpdateEnvironment } from './environments.ts';

/** One environment: its settings, what else belongs to it (`children`), and its end. */
export function EnvironmentPage({ name, mayEdit, users, rights, onDeleted, children }: { name: string; mayEdit: boolean; users: string[]; rights: string[]; onDeleted: () => void; children?: ReactNode }) {
  const environment = useEnvironment(name);
  const all = useEnvironments();
  return (
    <QueryView query={environment} title={`The environment ${name} could not be loaded`} loading={<BlockSkeleton height={420} />}>
      {(data) => (
        <>
          <PageHead title={data.name} tab={data.name} lead={<>{protectionWords(data)}. <Link to="/deployments" search={{ environment: data.name }}>{data.deployments === 1 ? '1 deployment' : `${data.deployments} deployments`}</Link></>}>
            {mayEdit && !data.built_in ? <DeleteEnvironment environment={data} onDeleted={onDeleted} /> : null}
          </PageHead>
          <div style={{ display: 'grid', gap: 16, maxWidth: 760 }}>
            <Panel title="Settings"><Settings key={data.name} environment={data} others={(all.data ?? []).map((one) => one.name)} users={users} mayEdit={mayEdit} /></Panel>
            <SecretsPanel key={`secrets of ${data.name}`} environment={data.name} mayManage={mayManageSecrets(data, rights)} />
            {children}
          </div>
        </>
      )}
    </QueryView>
  );
}

function Settings({ environment, others, users, mayEdit }: { environment: EnvironmentInfo; others: string[]; users: string[]; mayEdit: boolean }) {
  const update = useUpdateEnvironment(environment.name);
  const [base, setBase] = useState(environment);
  const [edits, setEdits] = useState<Partial<EnvironmentValues>>({});
  const dirty = Object.keys(edits).length > 0;
  if (!dirty && base.etag !== environment.etag && !update.isPending) setBase(environment);
  const before = others[others.indexOf(environment.name) - 1] ?? '';
  const values = { ...valuesOf(base, before), ...edits };
  const refusal = update.error instanceof ApiError ? update.error : null;
  const request = requestOf(values);
  const save = () => {
    if (request === undefined) return;
    update.mutate({ etag: base.etag, ...request, ...(edits.after === undefined || edits.after === before ? {} : { after: edits.after }) }, {
      onSuccess: (saved) => { setBase(saved); setEdits({}); toast('The settings are saved.'); },
    });
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); save(); }}>
      <Stack gap="sm">
        <LeaveGuard isDirty={() => dirty} />
        <EnvironmentFields values={values} set={(change) => { setEdits((old) => ({ ...old, ...change })); }} refusal={refusal} builtIn={environment.built_in} production={environment.name === 'production'}
          others={others.filter((one) => one !== environment.name)} users={users} readOnly={!mayEdit} />
        {refusal?.status === 412 ? (
          <Notice tone="look" title="Somebody changed these settings while you were editing" action={(
            <Button size="xs" variant="default" onClick={() => { setBase(environment); update.reset(); }}>Take over the newer values</Button>
          )}>The fields that you did not touch take the newer values; what you typed stays. Then save again.</Notice>
        ) : update.error !== null && refusal?.problem.errors == null ? <ErrorState error={update.error} title="The settings were not saved" /> : null}
        {mayEdit ? (
          <Group justify="flex-end" gap="xs">
            <Button variant="default" disabled={!dirty} onClick={() => { setEdits({}); setBase(environment); update.reset(); }}>Discard</Button>
            <Button type="submit" loading={update.isPending} disabled={!dirty}>Save</Button>
          </Group>
        ) : <div className="sw-dim" style={{ fontSize: 13 }}>Administrators change these.</div>}
      </Stack>
    </form>
  );
}

function DeleteEnvironment({ environment, onDeleted }: { environment: EnvironmentInfo; onDeleted: () => void }) {
  const remove = useDeleteEnvironment();
  const [asking, setAsking] = useState(false);
  const { name } = environment;
  return (
    <>
      <Button variant="default" leftSection={<Trash2 size={14} aria-hidden />} onClick={() => { setAsking(true); }}>Delete…</Button>
      <ConfirmDialog opened={asking} title={`Delete ${name}`} action="Delete" danger typed={name} onClose={() => { setAsking(false); }}
        run={() => remove.mutateAsync(name).then(() => { toast(`${name} is deleted.`); onDeleted(); })}>
        The environment goes, with its settings. It must have no deployments. Its name stays free for another environment and is never given to a user.
      </ConfirmDialog>
    </>
  );
}
