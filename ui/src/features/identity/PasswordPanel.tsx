import { Button, Group, PasswordInput, Stack } from '@mantine/core';
import { useState } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Panel } from '../../components/Panel.tsx';
import { toast } from '../../components/Toasts.tsx';
import { ApiError } from '../../lib/http.ts';
import { useSetPassword } from './api.ts';

/** Sets or changes one's own password. */
export function PasswordPanel() {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const save = useSetPassword();
  const refusal = save.error instanceof ApiError ? save.error : null;
  const different = again !== '' && again !== password;
  const submit = () => {
    save.mutate({ current_password: current === '' ? null : current, new_password: password },
      { onSuccess: () => { setCurrent(''); setPassword(''); setAgain(''); toast('The password is set.'); } });
  };
  return (
    <Panel title="Password">
      <form onSubmit={(event) => { event.preventDefault(); if (!different) submit(); }} style={{ maxWidth: 420 }}>
        <Stack gap="sm">
          <PasswordInput label="Current password" description="Leave empty if you never set one" autoComplete="current-password" value={current}
            error={refusal?.field('current_password')} onChange={(event) => { setCurrent(event.currentTarget.value); }} />
          <PasswordInput label="New password" description="At least 12 characters" autoComplete="new-password" required value={password} minLength={12}
            error={refusal?.field('new_password')} onChange={(event) => { setPassword(event.currentTarget.value); }} />
          <PasswordInput label="New password again" autoComplete="new-password" required value={again} error={different ? 'Not the same as above' : undefined}
            onChange={(event) => { setAgain(event.currentTarget.value); }} />
          {save.error !== null && refusal?.problem.errors == null ? <ErrorState error={save.error} title="The password was not set" /> : null}
          <Group justify="flex-end"><Button type="submit" loading={save.isPending} disabled={password === '' || different}>Set password</Button></Group>
        </Stack>
      </form>
    </Panel>
  );
}
