import { Button, Loader, Stack } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { ErrorState } from '../../components/ErrorState.tsx';
import { Notice } from '../../components/Notice.tsx';
import { ApiError } from '../../lib/http.ts';
import { useRedeem } from './api.ts';
import { HowToGetALink } from './SignInForm.tsx';

/** Redeems a one-time link by itself, once. A used or expired one says how to get another. */
export function RedeemLink({ token, onDone, onPassword }: { token: string; onDone: () => void; onPassword: () => void }) {
  const redeem = useRedeem();
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    redeem.mutate(token);
  }, [redeem, token]);
  useEffect(() => { if (redeem.isSuccess) onDone(); }, [redeem.isSuccess, onDone]);

  if (redeem.error === null) {
    return <div role="status" style={{ display: 'flex', gap: 10, alignItems: 'center', minHeight: 60 }}><Loader size="sm" aria-hidden /> Signing you in…</div>;
  }
  const refused = redeem.error instanceof ApiError && redeem.error.status >= 400 && redeem.error.status < 500 && redeem.error.status !== 429;
  return (
    <Stack gap="md">
      {refused ? (
        <Notice tone="broken" title="This link no longer works">A sign-in link works once and for a short time. This one was used already or has expired.</Notice>
      ) : <ErrorState error={redeem.error} title="Signing in failed" onRetry={() => { redeem.mutate(token); }} />}
      <HowToGetALink lead="Make another link" />
      <Button variant="default" onClick={onPassword}>Sign in with a password</Button>
    </Stack>
  );
}
