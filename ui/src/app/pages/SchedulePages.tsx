import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { useSession } from '../../features/identity/api.ts';
import { SchedulePage } from '../../features/schedules/SchedulePage.tsx';
import { SchedulesPage } from '../../features/schedules/SchedulesPage.tsx';

const schedules = getRouteApi('/shell/schedules');
const schedule = getRouteApi('/shell/schedules/$name');

export function SchedulesRoute() {
  const navigate = useNavigate();
  const session = useSession();
  return (
    <SchedulesPage filter={schedules.useSearch()} mayCreate={session.data?.rights.includes('operate_schedules') ?? false}
      onFilter={(search) => { void navigate({ to: '/schedules', search, replace: true }); }} />
  );
}

export function ScheduleRoute() {
  const { name } = schedule.useParams();
  const search = schedule.useSearch();
  const navigate = useNavigate();
  const session = useSession();
  const me = session.data;
  // An Analyst's right reaches their own schedules; the server has the last word.
  const mayOperate = useCallback((owner: string) => me !== undefined && me !== null && me.rights.includes('operate_schedules') && (me.role !== 'analyst' || me.user === owner), [me]);
  return (
    <SchedulePage name={name} status={search.status} opened={search.open === undefined ? undefined : Number(search.open)} mayOperate={mayOperate} runLink={runLink}
      onView={(view) => { void navigate({ to: '/schedules/$name', params: { name }, search: view, replace: true }); }} />
  );
}

const runLink = (runId: string) => <Link to="/runs/$run" params={{ run: runId }} className="sw-link sw-mono">{runId.slice(0, 8)}</Link>;
