import { createContext, useContext, type DOMAttributes } from 'react';

/** What changes a form without an input event: an option of a list, one that is taken away or all of them, the steps of a number. */
const CHOICE = '[role="option"], .mantine-NumberInput-control, .mantine-Pill-remove, .mantine-InputClearButton-root';

/** Handlers for an element around a form: they notice whatever is typed, pasted or chosen in it, in lists that open elsewhere on the page too. */
export const noticing = (notice: () => void): DOMAttributes<HTMLElement> => ({
  onInput: notice,
  onPaste: notice,
  onClick: (event) => { if (event.target instanceof Element && event.target.closest(CHOICE) !== null) notice(); },
  onKeyDown: (event) => { if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && event.target instanceof Element && event.target.matches('.mantine-NumberInput-input')) notice(); },
});

export const SavedContext = createContext<() => void>(() => undefined);

/** For a form that stays open after it has saved: what was typed until now is not lost when the dialog closes. */
export const useSaved = () => useContext(SavedContext);
