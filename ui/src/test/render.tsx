import { createMemoryHistory } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from '../app/App.tsx';
import { makeQueryClient } from '../app/queryClient.ts';
import { makeRouter } from '../app/router.tsx';

/** The whole program at an address below /ui, as a person meets it. */
export function renderApp(path: string) {
  const history = createMemoryHistory({ initialEntries: [`/ui${path}`] });
  const router = makeRouter(history);
  render(<App client={makeQueryClient()} router={router} env="test" />);
  return { user: userEvent.setup({ delay: null, pointerEventsCheck: 0 }), address: () => history.location.pathname.replace(/^\/ui/, '') + history.location.search };
}
