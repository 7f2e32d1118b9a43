import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Notice } from '../../components/Notice.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { HistoryTab } from '../../features/history/HistoryTab.tsx';

const route = getRouteApi('/shell/deployments/$env/$name/$tab');
const NONE: never[] = [];

/** No deployment of this name, or none any more: what one of that name has answered is kept, and can be asked for. */
export function GoneDeployment() {
  const { env, name, tab } = route.useParams();
  const { from, to, status, version, origin, open } = route.useSearch();
  const navigate = useNavigate();
  const set = (search: Partial<ReturnType<typeof route.useSearch>>) => { void navigate({ to: '/deployments/$env/$name/$tab', params: { env, name, tab }, search, replace: true }); };
  const filter = { from, to, status, version, origin };
  return (
    <>
      <PageHead title={name} tab={`${name} (${env})`} />
      <div style={{ marginBottom: 16 }}>
        <Notice tone="look" title={`There is no deployment ${name} in ${env}`} action={<Link to="/deployments" className="sw-link">All deployments</Link>}>
          It may have been deleted: then its address answers 404, and its configuration is gone. What it answered is kept for as long as history is, and shown here.
        </Notice>
      </div>
      <HistoryTab isGone environment={env} name={name} versions={NONE} variants={NONE} filter={filter} onFilter={set} open={open ?? null} onOpen={(id) => { set({ ...filter, open: id ?? undefined }); }} />
    </>
  );
}
