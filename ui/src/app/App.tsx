import { MantineProvider } from '@mantine/core';
import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { Toasts } from '../components/Toasts.tsx';
import type { makeRouter } from './router.tsx';
import { cssVariables, theme } from './theme.ts';

/** `env`: in tests, menus and dialogs appear without transitions. */
export function App({ client, router, env }: { client: QueryClient; router: ReturnType<typeof makeRouter>; env?: 'test' }) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto" env={env}>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>
  );
}
