import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, getText, send, sendFile } from '../../lib/http.ts';
import { usePages } from '../../lib/pages.ts';
import { paths } from '../../lib/paths.ts';
import type { CreateScheduleRequest, CronPreview, ExecutionInfo, ScheduleInfo, UpdateScheduleRequest } from '../../lib/wireSchedules.ts';
import { packed, type PackedFile } from '../../lib/pack.ts';
import { filesThatStay } from './present.ts';

export interface ScheduleFilter { q?: string; status?: string }

export const useSchedules = (filter: ScheduleFilter) => usePages<ScheduleInfo>(['schedules', { ...filter }], paths.schedules, { ...filter }, 100);

export const useSchedule = (name: string) => useQuery({ queryKey: ['schedules', name], queryFn: ({ signal }) => get<ScheduleInfo>(paths.schedule(name), {}, signal) });

/** The next five times while somebody types; what is wrong comes as the refusal's fields. */
export const useCronPreview = (cron: string, timeZone: string) => useQuery({
  queryKey: ['cron-preview', { cron, timeZone }],
  queryFn: ({ signal }) => get<CronPreview>(paths.cronPreview, { cron, time_zone: timeZone, count: 5 }, signal),
  enabled: cron.trim() !== '', retry: false, refetchInterval: 60_000, placeholderData: (previous) => previous,
});

export const useExecutions = (schedule: string, status: string | undefined) => usePages<ExecutionInfo>(
  ['schedules', schedule, 'executions', { status }], paths.executions(schedule), { status }, 25);

/** Output of an execution so far; while more may come, what is new is asked for and put behind what is there. */
export const useExecutionLog = (schedule: string, number: number, open: boolean) => {
  const client = useQueryClient();
  const queryKey = ['schedules', schedule, 'executions', String(number), 'log'];
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const there = wholeLines(client.getQueryData<string>(queryKey) ?? '');
      return there + await getText(paths.executionLog(schedule, number, new TextEncoder().encode(there).length), signal);
    },
    refetchInterval: open ? 1_000 : false,
  });
};

/** Without the line that is still being written: its bytes may end inside a character, and it comes again. */
const wholeLines = (text: string) => text.slice(0, text.lastIndexOf('\n') + 1);

const useChanged = () => {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ['schedules'] });
};

const upload = async (files: PackedFile[]) => (await sendFile<{ id: string }>(paths.uploadArchive, await packed(files), 'application/gzip')).id;

export const useCreateSchedule = () => {
  const changed = useChanged();
  return useMutation({
    mutationFn: async ({ files, ...body }: Omit<CreateScheduleRequest, 'upload_id'> & { files: PackedFile[] }) =>
      send<ScheduleInfo>('POST', paths.schedules, { ...body, upload_id: await upload(files) } satisfies CreateScheduleRequest),
    onSuccess: changed,
  });
};

export const useUpdateSchedule = (name: string) => {
  const changed = useChanged();
  return useMutation({
    mutationFn: async ({ files, others, etag, ...body }: UpdateScheduleRequest & { files: PackedFile[]; others: string[]; etag: string }) =>
      send<ScheduleInfo>('PATCH', paths.schedule(name), files.length === 0 ? body : { ...body, upload_id: await upload([...files, ...await filesThatStay(name, others)]) }, { 'If-Match': etag }),
    onSuccess: changed,
  });
};

export const useSwitchSchedule = (name: string) => {
  const changed = useChanged();
  return useMutation({ mutationFn: (verb: 'pause' | 'resume') => send<ScheduleInfo>('POST', paths.ofSchedule(name, verb)), onSuccess: changed });
};

export const useRunSchedule = (name: string) => {
  const changed = useChanged();
  return useMutation({ mutationFn: () => send<ExecutionInfo>('POST', paths.executions(name)), onSuccess: changed });
};

export const useCancelExecution = (name: string) => {
  const changed = useChanged();
  return useMutation({ mutationFn: (number: number) => send<ExecutionInfo>('POST', paths.cancelExecution(name, number)), onSuccess: changed });
};

export const useDeleteSchedule = (name: string) => {
  const changed = useChanged();
  return useMutation({ mutationFn: () => send('DELETE', paths.schedule(name)), onSuccess: changed });
};
