import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { ApiError, get } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { ModelInfo, ModelVersionInfo, Page, Stage } from '../../lib/wire.ts';

/** Rows of a picker: nobody reads more, and typing finds the rest. */
const SHOWN = 50;
const TYPING_MS = 200;

const versionsOf = (model: string, query: { q?: string; stage?: Stage; runnable?: boolean; limit: number }) => ({
  queryKey: ['models', model, 'versions', { picked: query }],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<Page<ModelVersionInfo>>(paths.versions(model), query, signal),
  enabled: model !== '',
});

/** Dots alone would be steps of an address, which asks for something else. */
const canBeName = (text: string) => text !== '' && text !== '.' && text !== '..';

/** The newest versions of a model that answer to what is typed; the one of exactly that name comes first, however old it is. */
export function useVersionSearch(model: string, typed: string): ModelVersionInfo[] {
  const [q] = useDebouncedValue(typed.trim(), TYPING_MS);
  const found = useQuery({
    ...versionsOf(model, { q, limit: SHOWN }),
    placeholderData: (previous, query) => (query?.queryKey[1] === model ? previous : undefined),
  }).data;
  const named = useQuery({
    queryKey: ['models', model, 'versions', q], queryFn: ({ signal }) => get<ModelVersionInfo>(paths.version(model, q), {}, signal),
    enabled: model !== '' && canBeName(q) && found?.next_page_token != null, retry: false,
  }).data;
  const rows = found?.items ?? [];
  return named === undefined ? rows : [named, ...rows.filter((one) => one.version !== named.version)];
}

/** The newest version that can be deployed; null: there is none. */
export const useLatestRunnable = (model: string) => useQuery({ ...versionsOf(model, { runnable: true, limit: 1 }), select: (page) => page.items[0] ?? null });

/** The versions that are in a stage, newest first: the first of them, and whether there are more. */
export const useVersionsIn = (model: string, stage: Stage | null, limit = 20) => useQuery({
  ...versionsOf(model, { stage: stage ?? 'None', limit }), enabled: model !== '' && stage !== null, select: (page) => ({ versions: page.items, more: page.next_page_token !== null }),
});

/** Models with what is typed in their name or description, by name. */
export function useModelSearch(typed: string) {
  const [q] = useDebouncedValue(typed.trim(), TYPING_MS);
  return useQuery({
    queryKey: ['models', { picked: q }],
    queryFn: ({ signal }) => get<Page<ModelInfo>>(paths.models, { q, limit: SHOWN }, signal).then((page) => page.items),
    placeholderData: (previous) => previous,
  });
}

/** Whether a model of this name would be a new one; undefined while that is not known. */
export function useIsNewModel(name: string): boolean | undefined {
  const [asked] = useDebouncedValue(name, TYPING_MS);
  const found = useQuery({
    queryKey: ['models', asked], queryFn: ({ signal }) => get<ModelInfo>(paths.model(asked), {}, signal), enabled: canBeName(asked), retry: false,
  });
  if (name === '' || asked !== name) return undefined;
  return found.data !== undefined ? false : found.error instanceof ApiError && found.error.status === 404 ? true : undefined;
}

/** A version in the words of a picker. */
export const nameOfVersion = (one: ModelVersionInfo) =>
  `v${one.version}${one.label === null ? '' : ` (${one.label})`}${one.stage === 'None' ? '' : `, ${one.stage}`}`;
