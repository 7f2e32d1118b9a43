import { CircleCheck, CircleMinus, CircleX, LoaderCircle, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { stateWord, type StateWord, type Tone } from '../lib/states.ts';

const icons: Record<Tone, ReactNode> = {
  rest: <CircleMinus size={13} aria-hidden />,
  moving: <LoaderCircle size={13} aria-hidden className="sw-turn" />,
  well: <CircleCheck size={13} aria-hidden />,
  look: <TriangleAlert size={13} aria-hidden />,
  broken: <CircleX size={13} aria-hidden />,
};

export const toneIcon = (tone: Tone) => icons[tone];

/** A state: colour, word and icon together. */
export function StateBadge({ state, detail }: { state: StateWord; detail?: string | null }) {
  return (
    <span className={`sw-state sw-${state.tone}`} title={detail ?? state.meaning}>
      {icons[state.tone]}
      {state.word}
    </span>
  );
}

/** The badge of a state word of the server. */
export function StateOf({ kind, value, detail }: { kind: Parameters<typeof stateWord>[0]; value: string; detail?: string | null }) {
  return <StateBadge state={stateWord(kind, value)} detail={detail} />;
}
