import { Box } from '@mantine/core';
import { Radio, RefreshCcw } from 'lucide-react';
import { StateBadge } from '../components/StateBadge.tsx';
import { useLiveState } from '../lib/live.ts';

/** Whether pages move by themselves. Quiet while all is well. */
export function LiveIndicator() {
  const state = useLiveState();
  if (state === 'stale') {
    return <span role="status"><StateBadge state={{ tone: 'look', word: 'Stale', meaning: 'The event stream is down. Pages ask again every 5 seconds; it is tried again by itself.' }} /></span>;
  }
  const words = state === 'live' ? 'Live: pages change as things change' : 'Connecting to the event stream';
  const Icon = state === 'live' ? Radio : RefreshCcw;
  return <span role="status" aria-label={words} title={words} className="sw-dim" style={{ display: 'inline-flex', gap: 5, alignItems: 'center', fontSize: 12.5 }}><Icon size={14} aria-hidden />{state === 'live' ? <Box component="span" visibleFrom="sm">Live</Box> : null}</span>;
}
