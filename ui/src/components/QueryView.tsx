import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorState } from './ErrorState.tsx';

/**
 * The four states of a view: loading (a skeleton of the same size), error, empty, data. Data that is there stays there while
 * it is asked for again, also when that fails; then a remark above says so.
 */
export function QueryView<T>({ query, loading, empty, isEmpty, title, children }: {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'isPending' | 'refetch'>;
  loading: ReactNode;
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
  title?: string;
  children: (data: T) => ReactNode;
}) {
  const { data, error } = query;
  if (data === undefined) {
    if (error !== null) return <ErrorState error={error} title={title} onRetry={() => { void query.refetch(); }} />;
    return <div className="sw-skeleton" role="status" aria-label="Loading" aria-busy>{loading}</div>;
  }
  const blank = empty !== undefined && (isEmpty?.(data) ?? (Array.isArray(data) && data.length === 0));
  return blank ? empty : children(data);
}
