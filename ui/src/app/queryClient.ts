import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '../lib/http.ts';
import { pollInterval } from '../lib/live.ts';

/** Server data: pushed when it changes, polled while the push is down, asked once more when nothing answered. */
export function makeQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({
      // The session ended: the shell notices and asks to sign in.
      onError: (error, query) => { if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== 'session') client.setQueryData(['session'], null); },
    }),
    defaultOptions: {
      queries: {
        refetchInterval: pollInterval,
        staleTime: 2_000,
        retry: (failures, error) => failures < 1 && error instanceof ApiError && (error.status === 0 || error.status === 503),
        retryDelay: 800,
      },
    },
  });
  return client;
}
