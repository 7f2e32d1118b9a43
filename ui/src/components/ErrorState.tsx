import { Button } from '@mantine/core';
import { RotateCw } from 'lucide-react';
import { ApiError } from '../lib/http.ts';
import { CopyButton } from './CopyButton.tsx';
import { Notice } from './Notice.tsx';

/** What happened, its code, the request id, and another try. */
export function ErrorState({ error, onRetry, title }: { error: unknown; onRetry?: () => void; title?: string }) {
  const problem = error instanceof ApiError ? error.problem : null;
  return (
    <Notice tone="broken" title={title ?? 'This could not be loaded'}
      action={onRetry === undefined ? undefined : (
        <Button size="compact-sm" variant="default" leftSection={<RotateCw size={13} aria-hidden />} onClick={onRetry}>Retry</Button>
      )}>
      {problem?.detail ?? (error instanceof Error ? error.message : 'Something unexpected happened.')}
      {problem === null ? null : (
        <div style={{ marginTop: 4, fontSize: 12.5, display: 'flex', gap: 12, alignItems: 'center', flexWrap: 'wrap' }}>
          <span className="sw-mono">{problem.code}</span>
          {problem.request_id === null ? null : (
            <span>request <span className="sw-mono">{problem.request_id}</span> <CopyButton value={problem.request_id} what="request id" /></span>
          )}
        </div>
      )}
    </Notice>
  );
}
