import { render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { useNow } from './clock.ts';

afterEach(() => { vi.restoreAllMocks(); });

function Clock() { return <time>{useNow()}</time>; }

it('The clock reads the same as often as one render asks, and is not older than a tick when somebody first looks', () => {
  const began = Date.now() + 3_600_000;   // nobody has looked for an hour
  let passed = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => began + 7 * passed++);   // some time goes by at each look
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  render(<Clock />);
  expect(complaints.mock.calls).toEqual([]);
  const shown = Number(screen.getByText(/^\d+$/).textContent);
  expect(shown).toBeGreaterThanOrEqual(began);
  expect(shown).toBeLessThan(began + 1_000);
});
