import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import type { OrAsked } from '../../lib/asked.ts';
import { ApiError, get, send, sendFile } from '../../lib/http.ts';
import { packed, type PackedFile } from '../../lib/pack.ts';
import { paths, queryString } from '../../lib/paths.ts';
import type { CreateDeploymentRequest, DeploymentInfo, ModelVersionInfo, Page } from '../../lib/wire.ts';
import type { LineageInfo, ModelDeploymentInfo, VersionComparison, VersionMetricInfo } from '../../lib/wireRegistry.ts';

const metricsOf = (model: string, version: number) => ({
  queryKey: ['models', model, 'versions', String(version), 'metrics'],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<Page<VersionMetricInfo>>(paths.ofVersion(model, version, 'metrics'), {}, signal).then((page) => page.items),
});

/** Every metric of a version with its values over steps. */
export const useVersionMetrics = (model: string, version: number) => useQuery(metricsOf(model, version));

/** The same of several versions, in their order; undefined while one is loading. */
export const useMetricsOfVersions = (model: string, versions: number[]) => useQueries({ queries: versions.map((version) => metricsOf(model, version)) });

export interface Directions { lower: string[]; higher: string[] }

export const useComparison = (model: string, versions: string[], directions: Directions) => useQuery({
  queryKey: ['models', model, 'comparison', { versions, ...directions }],
  queryFn: ({ signal }) => get<VersionComparison>(paths.ofModel(model, 'comparison'), { version: versions, lower_is_better: directions.lower, higher_is_better: directions.higher }, signal),
  placeholderData: (previous) => previous,
});

/** What a version, or the newest versions of a model together, came from and led to. */
export const useLineage = (model: string, version: number | null) => useQuery({
  queryKey: ['models', model, 'lineage', { version }],
  queryFn: ({ signal }) => get<LineageInfo>(version === null ? paths.ofModel(model, 'lineage') : paths.ofVersion(model, version, 'lineage'), {}, signal),
});

/** Where versions of a model are, and were, deployed. The key is below deployments too, since those move on their own. */
export const useModelDeployments = (model: string) => useQuery({
  queryKey: ['deployments', { ofModel: model }],
  queryFn: ({ signal }) => get<Page<ModelDeploymentInfo>>(paths.ofModel(model, 'deployments'), {}, signal).then((page) => page.items),
});

const useChanged = () => {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ['models'] });
};

export const useValidationMetrics = (model: string, version: number) => {
  const changed = useChanged();
  const path = paths.ofVersion(model, version, 'metrics');
  return {
    log: useMutation({ mutationFn: (body: { metrics: Record<string, number>; step: number }) => send<ModelVersionInfo>('PUT', path, body), onSuccess: changed }),
    remove: useMutation({ mutationFn: (key: string) => send<ModelVersionInfo>('DELETE', path + queryString({ key })), onSuccess: changed }),
  };
};

export const useDeploy = () => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateDeploymentRequest) => send<OrAsked<DeploymentInfo>>('POST', paths.deployments, body),
    onSuccess: () => client.invalidateQueries({ predicate: (query) => query.queryKey[0] === 'deployments' || query.queryKey[0] === 'approvals' }),
  });
};

/** Address of one file, or of a zip of chosen files and folders; none: of everything. */
export const archiveUrl = (model: string, version: number, chosen: string[]) => paths.ofVersion(model, version, 'archive') + queryString({ path: chosen });

/** A version of an artifact of a run; registers the model first when it is new. */
export const useRegisterArtifact = () => {
  const changed = useChanged();
  return useMutation({
    mutationFn: async ({ model, tags, version }: {
      model: string; tags: string[]; version: { source_run_id: string; artifact_path: string; description: string | null; label: string | null };
    }) => {
      const isThere = await get(paths.model(model)).then(() => true, (error: unknown) => { if (error instanceof ApiError && error.status === 404) return false; throw error; });
      if (!isThere) await send('POST', paths.models, { name: model, description: null, tags });
      return send<ModelVersionInfo>('POST', paths.versions(model), version);
    },
    onSuccess: changed,
  });
};

/** A version of files of this computer. */
export const useUploadVersion = (model: string) => {
  const changed = useChanged();
  return useMutation({
    mutationFn: async ({ files, ...version }: { files: PackedFile[]; description: string | null; label: string | null }) => {
      const upload = await sendFile<{ id: string }>(paths.uploadArchive, await packed(files), 'application/gzip');
      return send<ModelVersionInfo>('POST', paths.versions(model), { upload_id: upload.id, ...version });
    },
    onSuccess: changed,
  });
};

/** Paths of all artifacts of a run, page after page. */
export const useRunArtifacts = (run: string) => useQuery({
  queryKey: ['runs', run, 'artifacts', { paths: true }],
  queryFn: async ({ signal }) => {
    const found: string[] = [];
    let token: string | null = null;
    do {
      const page: Page<{ path: string }> = await get<Page<{ path: string }>>(`/api/v1/runs/${encodeURIComponent(run)}/artifacts`, { limit: 500, page_token: token }, signal);
      found.push(...page.items.map((one) => one.path));
      token = page.next_page_token;
    } while (token !== null);
    return found;
  },
});
