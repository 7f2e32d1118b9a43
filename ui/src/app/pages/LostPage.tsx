import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';

export function LostPage() {
  return (
    <div style={{ padding: 48, maxWidth: 520 }}>
      <h1 style={{ fontSize: 20 }}>There is no page at this address</h1>
      <p className="sw-dim">It may have been deleted or renamed. <Anchor component={Link} to="/">Go to the board</Anchor>, or press Ctrl-K there to search.</p>
    </div>
  );
}
