import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Command } from '../../components/CopyButton.tsx';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { ApiError } from '../../lib/http.ts';
import { usePasswordSignIn } from './api.ts';

/** Name and password; below, how to come in without one. */
export function SignInForm({ onDone }: { onDone: () => void }) {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const signIn = usePasswordSignIn();
  const wrong = signIn.error instanceof ApiError && signIn.error.status === 401;
  return (
    <form onSubmit={(event) => { event.preventDefault(); signIn.mutate({ user, password }, { onSuccess: onDone }); }}>
      <Stack gap="sm">
        <TextInput label="User name" value={user} autoComplete="username" autoCapitalize="off" spellCheck={false} required
          onChange={(event) => { setUser(event.currentTarget.value); }} />
        <PasswordInput label="Password" value={password} autoComplete="current-password" required
          onChange={(event) => { setPassword(event.currentTarget.value); }} />
        {wrong ? <Notice tone="broken" title="That did not work">Name and password do not fit together, or the user has no password yet.</Notice> : null}
        {signIn.error !== null && !wrong ? <ErrorState error={signIn.error} title="Signing in failed" /> : null}
        <Button type="submit" loading={signIn.isPending} fullWidth>Sign in</Button>
      </Stack>
    </form>
  );
}

/** How somebody with a shell on the server's machine makes a sign-in link. */
export function HowToGetALink({ lead = 'No password yet? Make a one-time link' }: { lead?: string }) {
  return (
    <div className="sw-dim" style={{ fontSize: 13.5 }}>
      {lead} on the server’s machine, or ask an administrator for one:
      <div style={{ marginTop: 8 }}><Command text="slipway users link NAME" /></div>
    </div>
  );
}
