import { useQuery } from '@tanstack/react-query';
import { getBlob, getText } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';
import type { ScheduleInfo } from '../../lib/wireSchedules.ts';
import type { PackedFile } from '../../lib/pack.ts';

/** What a schedule runs now, as far as it is edited as a script. `others`: paths of the files that stay as they are. */
export interface PresentScript { path: string; script: string; requirements: string; others: string[] }

const REQUIREMENTS = 'requirements.txt';

/** The file that the command starts; null: it starts none of the package, so that a script would take the place of all of it. */
export function scriptOf({ command, files }: ScheduleInfo['package']): string | null {
  const there = new Set(files.map((file) => file.path));
  return command.map((word) => word.replace(/^\.\//, '')).find((word) => there.has(word)) ?? (there.has('train.py') ? 'train.py' : null);
}

/** Read once: a form that is open keeps what it began with. */
export const usePresentScript = (schedule: ScheduleInfo | undefined, enabled: boolean) => {
  const path = schedule === undefined ? null : scriptOf(schedule.package);
  return useQuery({
    queryKey: ['schedule-script', schedule?.name, schedule?.package.digest],
    queryFn: async ({ signal }): Promise<PresentScript> => {
      const { name, package: job } = schedule as ScheduleInfo;
      const read = (file: string) => getText(paths.scheduleFile(name, file), signal);
      const names = job.files.map((file) => file.path);
      return {
        path: path as string, script: await read(path as string), requirements: names.includes(REQUIREMENTS) ? await read(REQUIREMENTS) : '',
        others: names.filter((one) => one !== path && one !== REQUIREMENTS),
      };
    },
    enabled: enabled && path !== null, staleTime: Infinity,
  });
};

/** Files of the package that go along unchanged. */
export const filesThatStay = (schedule: string, files: string[]): Promise<PackedFile[]> =>
  Promise.all(files.map(async (path) => ({ path, content: await getBlob(paths.scheduleFile(schedule, path)) })));
