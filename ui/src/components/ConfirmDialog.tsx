import { Button, Checkbox, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { ErrorState } from './ErrorState.tsx';

/**
 * The one confirmation. Says what will go; asks for the name and for a checklist when it cannot be undone.
 * `run` does it; while it fails the dialog stays and says why.
 */
export function ConfirmDialog({ opened, title, children, action, danger = false, typed, checklist = [], run, onClose }: {
  opened: boolean;
  title: string;
  children: ReactNode;
  /** The verb on the button. */
  action: string;
  danger?: boolean;
  /** A name to type. */
  typed?: string;
  checklist?: string[];
  run: () => Promise<unknown>;
  onClose: () => void;
}) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} centered>
      <Body key={String(opened)} action={action} danger={danger} typed={typed} checklist={checklist} run={run} onClose={onClose}>{children}</Body>
    </Modal>
  );
}

function Body({ children, action, danger, typed, checklist, run, onClose }: {
  children: ReactNode; action: string; danger: boolean; typed?: string; checklist: string[]; run: () => Promise<unknown>; onClose: () => void;
}) {
  const [name, setName] = useState('');
  const [checked, setChecked] = useState<Record<string, boolean>>({});
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const allowed = (typed === undefined || name === typed) && checklist.every((item) => checked[item] === true);
  const submit = async () => {
    setRunning(true);
    setError(null);
    try { await run(); onClose(); } catch (failure) { setError(failure); } finally { setRunning(false); }
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (allowed) void submit(); }}>
      <Stack gap="md">
        <Text size="sm" component="div">{children}</Text>
        {checklist.length === 0 ? null : (
          <Stack gap={8}>
            {checklist.map((item) => (
              <Checkbox key={item} label={item} checked={checked[item] === true}
                onChange={(event) => { const value = event.currentTarget.checked; setChecked((old) => ({ ...old, [item]: value })); }} />
            ))}
          </Stack>
        )}
        {typed === undefined ? null : (
          <TextInput label={<>Type <span className="sw-mono">{typed}</span> to confirm</>} value={name} autoComplete="off" spellCheck={false}
            onChange={(event) => { setName(event.currentTarget.value); }} />
        )}
        {error === null ? null : <ErrorState error={error} title={`${action} was refused`} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" color={danger ? 'red.8' : undefined} disabled={!allowed} loading={running} data-autofocus={typed === undefined ? true : undefined}>{action}</Button>
        </Group>
      </Stack>
    </form>
  );
}
