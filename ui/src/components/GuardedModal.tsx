import { Modal, type ModalProps } from '@mantine/core';
import { useState } from 'react';
import { DiscardDialog } from './DiscardDialog.tsx';
import { noticing, SavedContext } from './typing.ts';

/** A dialog with a form in it: once something was typed or chosen, Escape, a click outside and the cross ask first. Buttons of the form itself do what they say. */
export function GuardedModal({ opened, onClose, children, ...rest }: ModalProps) {
  const [typed, setTyped] = useState(false);
  const [asking, setAsking] = useState(false);
  const [was, setWas] = useState(opened);
  if (was !== opened) {
    setWas(opened);
    setTyped(false);
    setAsking(false);
  }
  return (
    <>
      <Modal {...rest} opened={opened} closeOnEscape={!asking} onClose={() => { if (typed) setAsking(true); else onClose(); }}>
        <SavedContext value={() => { setTyped(false); }}><div {...noticing(() => { setTyped(true); })}>{children}</div></SavedContext>
      </Modal>
      {/* Not there before it is asked: its own listener would take the Escape that asks as the answer. */}
      {opened && asking ? <DiscardDialog opened onKeep={() => { setAsking(false); }} onDiscard={onClose} /> : null}
    </>
  );
}
