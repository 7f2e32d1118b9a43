import { ActionIcon } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Check, Copy } from 'lucide-react';

/** Copies a value; says so in its icon and its name. `what` completes "Copy …". */
export function CopyButton({ value, what }: { value: string; what: string }) {
  const clipboard = useClipboard({ timeout: 1500 });
  const label = clipboard.copied ? `Copied ${what}` : `Copy ${what}`;
  return (
    <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} title={label}
      onClick={(event) => { event.stopPropagation(); clipboard.copy(value); }}>
      {clipboard.copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
    </ActionIcon>
  );
}

/** The end of an id (UUIDv7s of one second share their beginning), whole on hover, with copy. */
export function ShortId({ id, what = 'id' }: { id: string; what?: string }) {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 2 }}>
      <span className="sw-mono" title={id}>{id.length > 12 ? `…${id.slice(-8)}` : id}</span>
      <CopyButton value={id} what={what} />
    </span>
  );
}

/** A command to type, with copy. */
export function Command({ text }: { text: string }) {
  return (
    <span className="sw-command">
      <code tabIndex={0}>{text}</code>
      <CopyButton value={text} what="command" />
    </span>
  );
}
