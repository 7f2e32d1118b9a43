import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, getText, send } from '../../lib/http.ts';
import { usePages } from '../../lib/pages.ts';
import { paths } from '../../lib/paths.ts';
import type { ModelInfo, ModelVersionInfo, Page } from '../../lib/wire.ts';

export interface ModelFilter { q?: string; stage?: string; tag?: string }

export const useModels = (filter: ModelFilter) => usePages<ModelInfo>(['models', { ...filter }], paths.models, { ...filter }, 100);

/** All models, for pickers and the palette: up to 500. */
export const useAllModels = (enabled = true) => useQuery({
  queryKey: ['models', { all: true }],
  queryFn: ({ signal }) => get<Page<ModelInfo>>(paths.models, { limit: 500 }, signal).then((page) => page.items),
  enabled,
});

export const useModel = (model: string) => useQuery({ queryKey: ['models', model], queryFn: ({ signal }) => get<ModelInfo>(paths.model(model), {}, signal) });

/** Versions of a model, newest first. */
export const useVersions = (model: string) => useQuery({
  queryKey: ['models', model, 'versions'],
  queryFn: ({ signal }) => get<Page<ModelVersionInfo>>(paths.versions(model), { limit: 200 }, signal).then((page) => page.items.toSorted((a, b) => b.version - a.version)),
  enabled: model !== '',
});

export const useVersion = (model: string, version: string) => useQuery({
  queryKey: ['models', model, 'versions', version],
  queryFn: ({ signal }) => get<ModelVersionInfo>(paths.version(model, version), {}, signal),
  enabled: model !== '' && version !== '',
});

/** Text of one file of a version. Files are immutable. */
export const useVersionFile = (model: string, version: number, file: string | null) => useQuery({
  queryKey: ['files', model, version, file],
  queryFn: ({ signal }) => getText(paths.versionFile(model, version, file ?? ''), signal),
  enabled: file !== null, staleTime: Infinity, refetchInterval: false,
});

/** Log of a build so far. */
export const useBuildLog = (model: string, version: number, build: string | null, running: boolean) => useQuery({
  queryKey: ['models', model, 'versions', String(version), 'builds', build ?? '', 'log'],
  queryFn: ({ signal }) => getText(paths.buildLog(model, version, build ?? ''), signal),
  enabled: build !== null, refetchInterval: running ? 2_000 : false,
});

export function useDeleteVersion(model: string) {
  const client = useQueryClient();
  return useMutation({ mutationFn: (version: number) => send('DELETE', paths.version(model, version)), onSuccess: () => client.invalidateQueries({ queryKey: ['models'] }) });
}

export function useUpdateModel(model: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { description?: string; tags?: string[] }) => send<ModelInfo>('PATCH', paths.model(model), body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['models'] }),
  });
}
