import { screen, waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { mock } from '../../test/setup.ts';
import { renderApp } from '../../test/render.tsx';

it('A one-time link signs in by itself, once, and leaves no token in the address', async () => {
  mock().session = null;
  const { address } = renderApp('/sign-in?token=good');
  expect(await screen.findByRole('heading', { name: 'Board' })).toBeInTheDocument();
  expect(address()).toBe('/');
  expect(mock().requests.filter((one) => one.path.endsWith('/session/redeem'))).toHaveLength(1);
});

it('A used link says so and how to make another', async () => {
  mock().session = null;
  const { address } = renderApp('/sign-in?token=used');
  expect(await screen.findByRole('alert')).toHaveTextContent('This link no longer works');
  expect(screen.getByText('slipway users link NAME')).toBeInTheDocument();
  expect(address()).toBe('/sign-in');
});

it('Name and password sign in and go on to the page that was asked for', async () => {
  mock().session = null;
  const { user, address } = renderApp('/models?q=iris');
  await user.type(await screen.findByLabelText(/User name/), 'ada');
  await user.type(screen.getByLabelText(/^Password/), 'wrong');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('That did not work');
  await user.clear(screen.getByLabelText(/^Password/));
  await user.type(screen.getByLabelText(/^Password/), 'correct horse');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(await screen.findByRole('heading', { name: 'Models' })).toBeInTheDocument();
  expect(address()).toBe('/models?q=iris');
});

it('Signing out leads to the sign-in page', async () => {
  const { user, address } = renderApp('/');
  await user.click(await screen.findByRole('button', { name: /User menu of ada/ }));
  await user.click(await screen.findByRole('menuitem', { name: 'Sign out' }));
  expect(await screen.findByRole('heading', { name: 'Sign in' })).toBeInTheDocument();
  await waitFor(() => { expect(address()).toMatch(/^\/sign-in/); });
});
