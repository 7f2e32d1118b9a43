import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, get, getText, send } from '../../lib/http.ts';
import { usePages } from '../../lib/pages.ts';
import type { Page } from '../../lib/wire.ts';
import { runPaths } from '../../lib/runPaths.ts';
import type { ArtifactEntry, ExperimentColumns, ExperimentInfo, MetricPoint, MetricSeries, RunAlertInfo, RunDetail, RunInfo } from '../../lib/wireRuns.ts';

export interface ExperimentFilter { q?: string; status?: string; tag?: string; order?: string }
export interface RunFilter { filter?: string; order_by?: string; view?: string }

/** While a run logs nothing is pushed: its page asks at this pace. */
const RUNNING_MS = 3_000;

export const useExperiments = (filter: ExperimentFilter) => usePages<ExperimentInfo>(
  ['experiments', { ...filter }], runPaths.experiments, { ...filter, tag: filter.tag?.split(',').map((tag) => tag.trim()).filter((tag) => tag !== '') }, 100);

export const useExperiment = (id: string) => useQuery({
  queryKey: ['experiments', id], queryFn: ({ signal }) => get<ExperimentInfo>(runPaths.experiment(id), {}, signal),
});

/** Keys that runs of the experiment have logged. */
export const useColumns = (id: string) => useQuery({
  queryKey: ['experiments', id, 'columns'], queryFn: ({ signal }) => get<ExperimentColumns>(runPaths.ofExperiment(id, 'columns'), {}, signal), staleTime: 10_000,
});

/** Runs of an experiment by the search grammar, the latest first unless ordered otherwise. */
export const useRuns = (experiment: string, filter: RunFilter) => usePages<RunInfo>(['runs', { experiment, ...filter }], runPaths.runs, { experiment, ...filter }, 50);

export const useChildren = (run: RunInfo, enabled: boolean) => usePages<RunInfo>(
  ['runs', { parent: run.id }], runPaths.runs, { experiment: run.experiment_id, filter: `parent_run_id = '${run.id}'` }, 50, enabled);

export const useRun = (id: string) => useQuery({
  queryKey: ['runs', id], queryFn: ({ signal }) => get<RunDetail>(runPaths.run(id), {}, signal), refetchInterval: (query) => (query.state.data?.run.status === 'Running' ? RUNNING_MS : false),
});

/** Several runs at once, for comparing; in the order of the ids. */
export const useSomeRuns = (ids: string[]) => useQuery({
  queryKey: ['runs', { compared: ids }],
  queryFn: ({ signal }) => Promise.all(ids.map((id) => get<RunDetail>(runPaths.run(id), {}, signal).then((one) => one.run))),
  enabled: ids.length > 1, placeholderData: (previous) => previous,
});

const series = (id: string, keys: string[]) => ({
  queryKey: ['runs', id, 'series', { keys }],
  queryFn: ({ signal }: { signal: AbortSignal }) => get<Page<MetricSeries>>(runPaths.ofRun(id, 'series'), { key: keys, points: 1000 }, signal).then((page) => page.items),
});

/** Values over steps, thinned for a chart; of all metrics when none is named. */
export const useSeries = (id: string, running: boolean) => useQuery({ ...series(id, []), refetchInterval: running ? RUNNING_MS : false });

export const useSomeSeries = (ids: string[], key: string) => useQueries({
  queries: ids.map((id) => ({ ...series(id, [key]), enabled: key !== '' })),
  combine: (results) => ids.map((id, at) => ({ id, points: results[at]?.data?.[0]?.points ?? [] })),
});

/** Every value of a metric, page by page, for export. */
export async function allValues(id: string, key: string): Promise<MetricPoint[]> {
  const points: MetricPoint[] = [];
  let token: string | null = null;
  do {
    const page: Page<MetricPoint> = await get<Page<MetricPoint>>(runPaths.ofRun(id, 'metrics'), { key, limit: 500, page_token: token });
    points.push(...page.items);
    token = page.next_page_token;
  } while (token !== null);
  return points;
}

export const useFolder = (id: string, path: string) => usePages<ArtifactEntry>(['runs', id, 'tree', { path }], runPaths.ofRun(id, 'tree'), { path }, 500);

/** Text of one artifact. */
export const useArtifactText = (id: string, entry: ArtifactEntry | null) => useQuery({
  queryKey: ['artifacts', id, entry?.sha256 ?? ''], queryFn: ({ signal }) => getText(runPaths.artifact(id, entry?.path ?? ''), signal),
  enabled: entry !== null, staleTime: Infinity, refetchInterval: false,
});

const useChanged = (what: 'experiments' | 'runs') => {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: [what] });
};
const ifMatch = (etag: string) => ({ 'If-Match': etag });

export const useCreateExperiment = () => {
  const changed = useChanged('experiments');
  return useMutation({
    mutationFn: (body: { name: string; description: string | null; tags: Record<string, string> }) => send<ExperimentInfo>('POST', runPaths.experiments, body), onSuccess: changed,
  });
};

export const useMoveExperiment = () => {
  const changed = useChanged('experiments');
  return useMutation({ mutationFn: ({ id, verb }: { id: string; verb: 'archive' | 'restore' }) => send<ExperimentInfo>('POST', runPaths.ofExperiment(id, verb)), onSuccess: changed });
};

export const useUpdateExperiment = (id: string) => {
  const changed = useChanged('experiments');
  return useMutation({
    mutationFn: ({ etag, ...body }: { name?: string; description?: string; tags?: Record<string, string>; status?: string; etag: string }) => send<ExperimentInfo>('PATCH', runPaths.experiment(id), body, ifMatch(etag)),
    onSuccess: changed,
  });
};

export const useUpdateRun = (id: string) => {
  const changed = useChanged('runs');
  return useMutation({
    mutationFn: ({ etag, ...body }: { name?: string; notes?: string; etag: string }) => send<RunInfo>('PATCH', runPaths.run(id), body, ifMatch(etag)), onSuccess: changed,
  });
};

/** Its name, and single tags, which its client may set as well: others stay as they are. */
export const useEditRun = (id: string) => {
  const changed = useChanged('runs');
  return useMutation({
    mutationFn: async ({ name, set, remove, etag }: { name?: string; set: Record<string, string>; remove: string[]; etag: string }) => {
      // Tags first: they leave the etag as it is, so that after a refusal all of it can be sent again.
      if (Object.keys(set).length > 0) await send('POST', runPaths.ofRun(id, 'log'), { tags: set });
      for (const key of remove) {
        await send('DELETE', runPaths.tag(id, key)).catch((error: unknown) => {
          if (!(error instanceof ApiError && error.code === 'tag_not_found')) throw error;
        });
      }
      if (name !== undefined) await send('PATCH', runPaths.run(id), { name }, ifMatch(etag));
    },
    onSettled: changed,   // also what was changed before a refusal is shown
  });
};

/** Ends a run that its client did not end, lets an ended one go on, deletes it and brings it back. */
export const useMoveRun = (id: string) => {
  const changed = useChanged('runs');
  return {
    finish: useMutation({ mutationFn: (body: { status: string; reason: string | null }) => send<RunInfo>('POST', runPaths.ofRun(id, 'finish'), body), onSuccess: changed }),
    resume: useMutation({ mutationFn: () => send<RunInfo>('POST', runPaths.ofRun(id, 'resume')), onSuccess: changed }),
    remove: useMutation({ mutationFn: () => send<RunInfo>('DELETE', runPaths.run(id)), onSuccess: changed }),
    restore: useMutation({ mutationFn: () => send<RunInfo>('POST', runPaths.ofRun(id, 'restore')), onSuccess: changed }),
  };
};

export const useAlerts = (id: string) => {
  const changed = useChanged('runs');
  return {
    create: useMutation({ mutationFn: (body: { condition: string; message: string | null }) => send<RunAlertInfo>('POST', runPaths.ofRun(id, 'alerts'), body), onSuccess: changed }),
    remove: useMutation({ mutationFn: (alert: string) => send('DELETE', runPaths.alert(id, alert)), onSuccess: changed }),
  };
};
