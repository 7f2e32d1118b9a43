import { RefreshCw } from 'lucide-react';

/** Beside the label of a field whose change needs new replicas. */
export function RestartMark() {
  return <span title="A change needs new replicas" style={{ marginLeft: 4, verticalAlign: '-1px' }}><RefreshCw size={12} role="img" aria-label="needs new replicas" /></span>;
}
