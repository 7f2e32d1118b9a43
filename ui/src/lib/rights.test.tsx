import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { aSession } from '../test/data.ts';
import { useMayOperate } from './rights.ts';

function Page({ environments }: { environments: () => unknown }) {
  useQuery({ queryKey: ['environments'], queryFn: environments });
  return <Verdict />;
}

function Verdict() { return <output>{useMayOperate('qa') ? 'may' : 'may not'}</output>; }

it('Whether somebody may operate an environment follows what others ask of the server, and keeps nobody from asking again', async () => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(['session'], aSession({ role: 'analyst', rights: ['read', 'operate_staging'] }));
  let isProtected = true;
  render(<QueryClientProvider client={client}><Page environments={() => Promise.resolve([{ name: 'qa', protected: isProtected }])} /></QueryClientProvider>);
  expect(await screen.findByText('may not')).toBeInTheDocument();
  act(() => { client.setQueryData(['session'], aSession()); });
  expect(await screen.findByText('may')).toBeInTheDocument();
  act(() => { client.setQueryData(['session'], aSession({ role: 'analyst', rights: ['read', 'operate_staging'] })); });
  expect(await screen.findByText('may not')).toBeInTheDocument();   // it has looked again, the last of all
  isProtected = false;
  await act(() => client.invalidateQueries());
  expect(await screen.findByText('may')).toBeInTheDocument();
});
