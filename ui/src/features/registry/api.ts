import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, getText, send } from '../../lib/http.ts';
import { usePages } from '../../lib/pages.ts';
import { paths, queryString } from '../../lib/paths.ts';
import type { AliasInfo, AliasMoveInfo, DeletionInfo, ModelInfo, ModelVersionInfo, Page, Stage, StageAtInfo, StageChangeInfo, TransitionInfo, TransitionStageRequest } from '../../lib/wire.ts';
import type { ApprovalInfo } from '../../lib/wireApprovals.ts';

/** `tag`: one or more, with commas between; a model has all of them. */
export interface ModelFilter { q?: string; stage?: string; tag?: string }

export const useModels = (filter: ModelFilter) => usePages<ModelInfo>(
  ['models', { ...filter }], paths.models, { ...filter, tag: filter.tag?.split(',').map((tag) => tag.trim()).filter((tag) => tag !== '') }, 100);

export const useModel = (model: string) => useQuery({ queryKey: ['models', model], queryFn: ({ signal }) => get<ModelInfo>(paths.model(model), {}, signal) });

/** Versions of a model, newest first, page by page. */
export const useVersions = (model: string) => usePages<ModelVersionInfo>(['models', model, 'versions'], paths.versions(model), {}, 100, model !== '');

export const useVersion = (model: string, version: string) => useQuery({
  queryKey: ['models', model, 'versions', version],
  queryFn: ({ signal }) => get<ModelVersionInfo>(paths.version(model, version), {}, signal),
  enabled: model !== '' && version !== '',
});

/** Text of one file, which is immutable under its key. */
export const useFile = (queryKey: readonly unknown[], address: string | null) => useQuery({
  queryKey, queryFn: ({ signal }) => getText(address ?? '', signal), enabled: address !== null, staleTime: Infinity, refetchInterval: false,
});

/** Text of one file of a version. */
export const useVersionFile = (model: string, version: number, file: string | null) =>
  useFile(['files', model, version, file], file === null ? null : paths.versionFile(model, version, file));

/** Log of a build so far. */
export const useBuildLog = (model: string, version: number, build: string | null, running: boolean) => useQuery({
  queryKey: ['models', model, 'versions', String(version), 'builds', build ?? '', 'log'],
  queryFn: ({ signal }) => getText(paths.buildLog(model, version, build ?? ''), signal),
  enabled: build !== null, refetchInterval: running ? 2_000 : false,
});

const useChanged = () => {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ['models'] });
};
const ifMatch = (etag: string) => ({ 'If-Match': etag });

/** The ledger of stages, newest first; of one version when it is given. */
export const useTransitions = (model: string, version?: number) => usePages<TransitionInfo>(
  ['models', model, 'transitions', { version }], paths.ofModel(model, 'transitions'), { version }, 20);

/** Which versions were in a stage at a time (RFC 3339). */
export const useStageAt = (model: string, stage: Stage, at: string | null) => useQuery({
  queryKey: ['models', model, 'stages', stage, { at }], queryFn: ({ signal }) => get<StageAtInfo>(paths.stageAt(model, stage), { at }, signal), enabled: at !== null,
});

export const useAliases = (model: string, enabled = true) => useQuery({
  queryKey: ['models', model, 'aliases'], queryFn: ({ signal }) => get<Page<AliasInfo>>(paths.ofModel(model, 'aliases'), { limit: 500 }, signal).then((page) => page.items), enabled,
});

export const useAliasMoves = (model: string) => usePages<AliasMoveInfo>(['models', model, 'alias-moves'], paths.ofModel(model, 'alias-moves'), {}, 20);

/** What deleting the version, or the model, would take with it. Asked when the dialog opens. */
export const useDeletion = (model: string, version: number | null, enabled: boolean) => useQuery({
  queryKey: ['models', model, 'deletion', { version }],
  queryFn: ({ signal }) => get<DeletionInfo>(version === null ? paths.ofModel(model, 'deletion') : paths.ofVersion(model, version, 'deletion'), {}, signal),
  enabled, gcTime: 0, staleTime: 0,
});

export const useRegisterModel = () => {
  const changed = useChanged();
  return useMutation({ mutationFn: (body: { name: string; description: string | null; tags: string[] }) => send<ModelInfo>('POST', paths.models, body), onSuccess: changed });
};

export const useUpdateModel = (model: string) => {
  const changed = useChanged();
  return useMutation({
    mutationFn: ({ etag, ...body }: { description?: string; tags?: string[]; etag: string }) => send<ModelInfo>('PATCH', paths.model(model), body, ifMatch(etag)), onSuccess: changed,
  });
};

export const useUpdateVersion = (model: string, version: number) => {
  const changed = useChanged();
  return useMutation({
    mutationFn: ({ etag, ...body }: { description?: string; label?: string; parent?: string; etag: string }) => send<ModelVersionInfo>('PATCH', paths.version(model, version), body, ifMatch(etag)),
    onSuccess: changed,
  });
};

/** Moves a version, or asks for it where the stage is protected: then the answer is the request. */
export const useTransition = (model: string, version: number) => {
  const client = useQueryClient();
  const changed = useChanged();
  return useMutation({ mutationFn: (body: TransitionStageRequest) => send<StageChangeInfo | ApprovalInfo>('POST', paths.ofVersion(model, version, 'stage'), body), onSuccess: async () => { await Promise.all([changed(), client.invalidateQueries({ queryKey: ['approvals'] })]); } });
};

/** Sets or takes away tags; of the model when `version` is null. */
export const useTags = (model: string, version: number | null) => {
  const changed = useChanged();
  const path = version === null ? paths.ofModel(model, 'tags') : paths.ofVersion(model, version, 'tags');
  return {
    set: useMutation({ mutationFn: (tag: { key: string; value: string }) => send('PUT', path, tag), onSuccess: changed }),
    remove: useMutation({ mutationFn: (key: string) => send('DELETE', path + queryString({ key })), onSuccess: changed }),
  };
};

export const useMoveAlias = (model: string) => {
  const changed = useChanged();
  return {
    set: useMutation({ mutationFn: ({ alias, version }: { alias: string; version: string }) => send('PUT', paths.alias(model, alias), { version }), onSuccess: changed }),
    remove: useMutation({ mutationFn: (alias: string) => send('DELETE', paths.alias(model, alias)), onSuccess: changed }),
  };
};

export const useDelete = (model: string) => {
  const changed = useChanged();
  return useMutation({ mutationFn: (version: number | null) => send('DELETE', version === null ? paths.model(model) : paths.version(model, version)), onSuccess: changed });
};
