import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Notice } from '../../components/Notice.tsx';

/** A secret that is shown this once: a key, or a sign-in link. */
export function OnceSecret({ title, label, value, note, onClose }: { title: string; label: string; value: string | null; note: string; onClose: () => void }) {
  return (
    <Modal opened={value !== null} onClose={onClose} title={title} centered closeOnClickOutside={false}>
      <Stack gap="md">
        <Notice tone="look" title="Copy it now">{note}</Notice>
        <TextInput label={label} value={value ?? ''} readOnly classNames={{ input: 'sw-mono' }} onFocus={(event) => { event.currentTarget.select(); }}
          rightSection={<CopyButton value={value ?? ''} what={label.toLowerCase()} />} />
        <Group justify="flex-end"><Button onClick={onClose}>Done</Button></Group>
      </Stack>
    </Modal>
  );
}
