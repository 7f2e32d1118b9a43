import { useQuery } from '@tanstack/react-query';
import { get } from '../../lib/http.ts';
import { usePages } from '../../lib/pages.ts';
import { paths, queryString } from '../../lib/paths.ts';
import type { PredictionDetail, PredictionInfo } from '../../lib/wire.ts';

export interface PredictionFilter { from?: string; to?: string; status?: string; version?: string; origin?: string; variant?: string; routing?: string }

const queryOf = (environment: string, deployment: string, filter: PredictionFilter) => ({ environment, deployment, ...filter });

export const usePredictions = (environment: string, deployment: string, filter: PredictionFilter) => {
  const query = queryOf(environment, deployment, filter);
  return usePages<PredictionInfo>(['predictions', query], paths.predictions, query);
};

export const usePrediction = (id: string | null) => useQuery({
  queryKey: ['predictions', id ?? ''],
  queryFn: ({ signal }) => get<PredictionDetail>(paths.prediction(id ?? ''), {}, signal),
  enabled: id !== null,
  // What is recorded does not change; one just made may need a moment to appear.
  staleTime: 5 * 60_000,
  refetchInterval: false,
  retry: 3,
});

/** Where the filtered predictions can be downloaded; JSON lines carry the bodies too. */
export const exportAddress = (format: 'jsonl' | 'csv', environment: string, deployment: string, filter: PredictionFilter) =>
  paths.predictionsExport(format) + queryString(queryOf(environment, deployment, filter));
