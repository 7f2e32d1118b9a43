import { ActionIcon, Button, Group, Menu, Stack, TextInput } from '@mantine/core';
import { ChevronDown, Plus, Trash2, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { LeaveGuard } from '../../components/LeaveGuard.tsx';
import { Panel } from '../../components/Panel.tsx';
import { RestartMark } from '../../components/RestartMark.tsx';
import { toast } from '../../components/Toasts.tsx';
import { told } from '../../lib/asked.ts';
import { ApiError } from '../../lib/http.ts';
import type { DeploymentInfo } from '../../lib/wire.ts';
import { NewVariables, withOneMore, wrongName, type NewVariable } from './NewVariables.tsx';
import { DraftLoss } from './Replacing.tsx';
import { useSetVariables } from './revisions.ts';

/** Plain environment variables of the live revision: edited in place, added, taken away; saving rolls a new revision out. */
export function VariablesPanel({ deployment }: { deployment: DeploymentInfo }) {
  const variables = deployment.live?.variables ?? {};
  const save = useSetVariables(deployment);
  const [edits, setEdits] = useState<Record<string, string | null>>({});
  const [added, setAdded] = useState<NewVariable[]>([]);
  const change: Record<string, string | null> = Object.fromEntries(Object.entries(edits).filter(([name, value]) => variables[name] !== value));
  for (const one of added) change[one.name] = one.value;
  const ready = Object.keys(change).length > 0 && added.every((one) => one.name !== '' && wrongName(one, added, variables) === undefined);
  const discard = () => { setEdits({}); setAdded([]); save.reset(); };
  const set = (name: string, value: string | null | undefined) => {
    setEdits((old) => Object.fromEntries([...Object.entries(old).filter(([other]) => other !== name), ...(value === undefined ? [] : [[name, value] as const])]));
  };
  const refusal = save.error instanceof ApiError ? save.error : null;
  return (
    <Panel title={<>Environment variables <RestartMark /></>} actions={(
      <Button size="xs" variant="default" leftSection={<Plus size={14} aria-hidden />} onClick={() => { setAdded(withOneMore); }}>Add a variable</Button>
    )}>
      <form onSubmit={(event) => {
        event.preventDefault();
        if (ready) save.mutate(change, { onSuccess: (answer) => { toast(told(answer, (rollout) => `Revision ${rollout.to_revision} is being rolled out.`)); setEdits({}); setAdded([]); } });
      }}>
        <Stack gap={8}>
          <LeaveGuard isDirty={() => Object.keys(change).length > 0} />
          {Object.keys(variables).length === 0 && added.length === 0 ? <div className="sw-dim" style={{ fontSize: 14 }}>None. They reach the model’s process; what its config.yaml sets is there anyway.</div> : null}
          {Object.entries(variables).map(([name, value]) => (
            <Row key={name} name={name} value={edits[name] === undefined ? value : edits[name]} onChange={(text) => { set(name, text); }} onDelete={() => { set(name, null); }} onRestore={() => { set(name, undefined); }} />
          ))}
          <NewVariables value={added} onChange={setAdded} taken={variables} />
          {save.error === null ? null : <ErrorState error={save.error} title={refusal?.field('variables') === undefined ? 'The variables were not changed' : 'A variable is not right'} />}
          {Object.keys(change).length > 0 || added.length > 0 ? (
            <Group justify="space-between" gap="xs">
              <span className="sw-dim" style={{ fontSize: 13 }}>
                <DraftLoss deployment={deployment} />
                Saving makes a new revision. {deployment.mode === 'live' ? 'Its replica takes the place of the old one, and requests wait meanwhile.' : 'New replicas start with it before the old ones end; callers notice nothing.'}
              </span>
              <Group gap="xs">
                <Button variant="default" onClick={discard}>Discard</Button>
                <Button type="submit" loading={save.isPending} disabled={!ready}>Save and roll out</Button>
              </Group>
            </Group>
          ) : null}
        </Stack>
      </form>
    </Panel>
  );
}

function Row({ name, value, onChange, onDelete, onRestore }: { name: string; value: string | null; onChange: (text: string) => void; onDelete: () => void; onRestore: () => void }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <span className="sw-mono sw-clip" style={{ flex: 2, textDecoration: value === null ? 'line-through' : undefined }} title={name}>{name}</span>
      {value === null
        ? <span className="sw-dim" style={{ flex: 3 }}>goes when you save</span>
        : <TextInput aria-label={`Value of ${name}`} value={value} classNames={{ input: 'sw-mono' }} style={{ flex: 3, minWidth: 0 }} spellCheck={false} onChange={(event) => { onChange(event.currentTarget.value); }} />}
      {value === null ? <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Keep ${name}`} onClick={onRestore}><Undo2 size={14} aria-hidden /></ActionIcon> : (
        <Menu position="bottom-end">
          <Menu.Target><ActionIcon variant="subtle" color="gray" size={36} aria-label={`Actions for ${name}`}><ChevronDown size={14} aria-hidden /></ActionIcon></Menu.Target>
          <Menu.Dropdown><Menu.Item c="var(--sw-broken)" leftSection={<Trash2 size={14} aria-hidden />} onClick={onDelete}>Delete</Menu.Item></Menu.Dropdown>
        </Menu>
      )}
    </Group>
  );
}
