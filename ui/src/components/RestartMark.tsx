import { RefreshCw } from 'lucide-react';

/** Marks what is rolled out with new replicas when it is changed. */
export function RestartMark() {
  return (
    <span className="sw-dim" title="A change starts new replicas, one by one" style={{ whiteSpace: 'nowrap', fontSize: 12.5, fontWeight: 400 }}>
      <RefreshCw size={12} aria-hidden style={{ verticalAlign: '-1px' }} /> restarts
    </span>
  );
}
