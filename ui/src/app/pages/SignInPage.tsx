import { Stack, Title } from '@mantine/core';
import { getRouteApi, useNavigate, useRouter } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { RedeemLink } from '../../features/identity/RedeemLink.tsx';
import { HowToGetALink, SignInForm } from '../../features/identity/SignInForm.tsx';
import { Brand } from '../Brand.tsx';

const route = getRouteApi('/sign-in');

/** Signs in with a one-time link (`?token=`) or a password, and goes on to `next`, else to the board. */
export function SignInPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const router = useRouter();
  const [token, setToken] = useState(search.token ?? null);
  const next = search.next?.startsWith('/') === true && !search.next.startsWith('//') ? search.next : '/';

  useEffect(() => { document.title = 'Sign in · Slipway'; }, []);
  // The token must not stay in the address: not in the history, not in a screenshot.
  useEffect(() => {
    if (search.token !== undefined) void navigate({ to: '/sign-in', search: { next: search.next }, replace: true });
  }, [search.token, search.next, navigate]);
  const done = useCallback(() => { router.history.replace(`/ui${next}`); }, [router, next]);

  return (
    <main style={{ minHeight: '100vh', display: 'grid', placeItems: 'center', padding: 16 }}>
      <div className="sw-panel" style={{ width: 'min(420px, 100%)', padding: 24 }}>
        <div className="sw-brand" style={{ marginBottom: 16 }}><Brand /></div>
        <Title order={1} size={20} mb="md">Sign in</Title>
        {token !== null ? <RedeemLink token={token} onDone={done} onPassword={() => { setToken(null); }} /> : (
          <Stack gap="lg">
            <SignInForm onDone={done} />
            <HowToGetALink />
          </Stack>
        )}
      </div>
    </main>
  );
}
