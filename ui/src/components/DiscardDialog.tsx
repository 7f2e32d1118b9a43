import { Button, Group, Modal } from '@mantine/core';

/** The one question before something that was typed is lost. Escape and a click outside keep it. */
export function DiscardDialog({ opened, onKeep, onDiscard }: { opened: boolean; onKeep: () => void; onDiscard: () => void }) {
  return (
    <Modal opened={opened} onClose={onKeep} title="Discard what you typed?" centered size="sm" zIndex={300}>
      <p style={{ marginTop: 0, fontSize: 14 }}>It is not saved anywhere.</p>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" color="red.8" onClick={onDiscard}>Discard</Button>
        <Button onClick={onKeep} data-autofocus>Keep editing</Button>
      </Group>
    </Modal>
  );
}
