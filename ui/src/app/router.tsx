import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect, type RouterHistory } from '@tanstack/react-router';
import { queryString } from '../lib/paths.ts';
import { BoardPage } from './pages/BoardPage.tsx';
import { LostPage } from './pages/LostPage.tsx';
import { SignInPage } from './pages/SignInPage.tsx';
import { RouteError, Shell } from './Shell.tsx';
import { search, TABS } from './search.ts';

const root = createRootRoute({ component: Outlet, notFoundComponent: LostPage, errorComponent: RouteError });

const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', validateSearch: search('token', 'next'), component: SignInPage });

/** Everything that needs somebody signed in. */
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });

const board = createRoute({ getParentRoute: () => shell, path: '/', component: BoardPage });
const deployments = createRoute({
  getParentRoute: () => shell, path: '/deployments', validateSearch: search('q', 'environment', 'status', 'label'),
  component: lazyRouteComponent(() => import('./pages/DeploymentsPage.tsx'), 'DeploymentsPage'),
});
const newDeployment = createRoute({
  getParentRoute: () => shell, path: '/deployments/new', validateSearch: search('model', 'version', 'environment'),
  component: lazyRouteComponent(() => import('./pages/NewDeploymentPage.tsx'), 'NewDeploymentPage'),
});
const deploymentHome = createRoute({
  getParentRoute: () => shell, path: '/deployments/$env/$name',
  beforeLoad: ({ params }) => { throw redirect({ to: '/deployments/$env/$name/$tab', params: { ...params, tab: TABS[0].value }, replace: true }); },
});
const deployment = createRoute({
  getParentRoute: () => shell, path: '/deployments/$env/$name/$tab',
  validateSearch: search('from', 'to', 'status', 'version', 'origin', 'open', 'range', 'replica', 'level', 'q', 'request_id', 'view', 'rollout', 'variant', 'routing'),
  component: lazyRouteComponent(() => import('./pages/DeploymentPage.tsx'), 'DeploymentPage'),
});
const models = createRoute({
  getParentRoute: () => shell, path: '/models', validateSearch: search('q', 'stage', 'tag'),
  component: lazyRouteComponent(() => import('./pages/ModelPages.tsx'), 'ModelsRoute'),
});
const model = createRoute({
  getParentRoute: () => shell, path: '/models/$model', validateSearch: search('tab'), component: lazyRouteComponent(() => import('./pages/ModelPages.tsx'), 'ModelRoute'),
});
const version = createRoute({
  getParentRoute: () => shell, path: '/models/$model/$version', validateSearch: search('tab'), component: lazyRouteComponent(() => import('./pages/ModelPages.tsx'), 'VersionRoute'),
});
const compare = createRoute({
  getParentRoute: () => shell, path: '/models/$model/compare/$versions', validateSearch: search('lower', 'higher'),
  component: lazyRouteComponent(() => import('./pages/ModelPages.tsx'), 'CompareRoute'),
});
const experiments = createRoute({
  getParentRoute: () => shell, path: '/experiments', validateSearch: search('q', 'status', 'tag', 'order'),
  component: lazyRouteComponent(() => import('./pages/ExperimentPages.tsx'), 'ExperimentsRoute'),
});
const experiment = createRoute({
  getParentRoute: () => shell, path: '/experiments/$experiment', validateSearch: search('filter', 'order_by', 'view'),
  component: lazyRouteComponent(() => import('./pages/ExperimentPages.tsx'), 'ExperimentRoute'),
});
const run = createRoute({ getParentRoute: () => shell, path: '/runs/$run', component: lazyRouteComponent(() => import('./pages/ExperimentPages.tsx'), 'RunRoute') });
const compareRuns = createRoute({
  getParentRoute: () => shell, path: '/compare-runs', validateSearch: search('runs', 'metric', 'x', 'y'),
  component: lazyRouteComponent(() => import('./pages/ExperimentPages.tsx'), 'CompareRoute'),
});
const approvals = createRoute({
  getParentRoute: () => shell, path: '/approvals', validateSearch: search('state', 'mine'), component: lazyRouteComponent(() => import('./pages/ApprovalPages.tsx'), 'ApprovalsRoute'),
});
const approval = createRoute({ getParentRoute: () => shell, path: '/approvals/$id', component: lazyRouteComponent(() => import('./pages/ApprovalPages.tsx'), 'ApprovalRoute') });
const protections = createRoute({ getParentRoute: () => shell, path: '/admin/protections', component: lazyRouteComponent(() => import('./pages/ApprovalPages.tsx'), 'ProtectionsRoute') });
const webhooks = createRoute({
  getParentRoute: () => shell, path: '/admin/webhooks', validateSearch: search('webhook', 'state', 'delivery'), component: lazyRouteComponent(() => import('./pages/WebhookPages.tsx'), 'WebhooksRoute'),
});
const schedules = createRoute({
  getParentRoute: () => shell, path: '/schedules', validateSearch: search('q', 'status'), component: lazyRouteComponent(() => import('./pages/SchedulePages.tsx'), 'SchedulesRoute'),
});
const schedule = createRoute({
  getParentRoute: () => shell, path: '/schedules/$name', validateSearch: search('status', 'open'), component: lazyRouteComponent(() => import('./pages/SchedulePages.tsx'), 'ScheduleRoute'),
});
const admin = createRoute({ getParentRoute: () => shell, path: '/admin', beforeLoad: () => { throw redirect({ to: '/admin/users', replace: true }); } });
const users = createRoute({ getParentRoute: () => shell, path: '/admin/users', component: lazyRouteComponent(() => import('../features/identity/UsersPage.tsx'), 'UsersPage') });
const keys = createRoute({ getParentRoute: () => shell, path: '/admin/keys', component: lazyRouteComponent(() => import('./pages/AccountPages.tsx'), 'AllKeysPage') });
const environments = createRoute({ getParentRoute: () => shell, path: '/admin/environments', component: lazyRouteComponent(() => import('./pages/EnvironmentPages.tsx'), 'EnvironmentsRoute') });
const environment = createRoute({
  getParentRoute: () => shell, path: '/admin/environments/$environment', component: lazyRouteComponent(() => import('./pages/EnvironmentPages.tsx'), 'EnvironmentRoute'),
});
const audit = createRoute({
  getParentRoute: () => shell, path: '/admin/audit', validateSearch: search('actor', 'action', 'resource', 'from', 'to'),
  component: lazyRouteComponent(() => import('./pages/AccountPages.tsx'), 'AuditRoute'),
});
const system = createRoute({ getParentRoute: () => shell, path: '/admin/system', component: lazyRouteComponent(() => import('../features/platform/SystemPage.tsx'), 'SystemPage') });
const account = createRoute({ getParentRoute: () => shell, path: '/account', component: lazyRouteComponent(() => import('./pages/AccountPages.tsx'), 'AccountPage') });

const routeTree = root.addChildren([
  signIn,
  shell.addChildren([
    board, deployments, newDeployment, deploymentHome, deployment, models, model, version, compare, experiments, experiment, run, compareRuns, approvals, approval, protections, webhooks, schedules, schedule, admin, users, keys,
    environments, environment, audit, system, account,
  ]),
]);

/** Search parameters are plain text in the address: `?q=iris&status=5xx`. */
export function makeRouter(history?: RouterHistory) {
  return createRouter({
    routeTree, history, basepath: '/ui', defaultPreload: 'intent', defaultPendingMs: 200, scrollRestoration: true,
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (values) => queryString(values as Record<string, string | undefined>),
  });
}

declare module '@tanstack/react-router' {
  interface Register { router: ReturnType<typeof makeRouter> }
}
