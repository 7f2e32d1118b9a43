import { aSecret } from './secretData.ts';
import { anApprovalDetail } from './approvalData.ts';
import type { ApprovalInfo, NotificationInfo, StageProtectionInfo } from '../lib/wireApprovals.ts';
import type { AliasInfo, AliasMoveInfo, CreateDeploymentRequest, DeploymentInfo, EnvironmentInfo, KeyInfo, LogLine, ModelInfo, ModelVersionInfo, PredictionInfo, Problem, PromotionInfo, ReplicaInfo, RevisionInfo, RolloutInfo, ServerEvent, StatusChangeInfo, TransitionInfo, TransitionStageRequest, UserInfo } from '../lib/wire.ts';
import {
  ago, aDeployment, aDetail, aKey, aLogLine, aModel, anAnalytics, anAuditEntry, anEnvironment, aPrediction, aReplica, aRevision, aRollout, aSession, aSystem, aTransition, aUser, aVersion, environments, MODEL_PY, someDeployments, aSetScale, someLiveMetrics,
} from './data.ts';

import { aComparison, aLineage, someMetrics, someModelDeployments } from './registryData.ts';

type Handler = (request: { url: URL; params: string[]; body: unknown; headers: Headers }) => Response | Promise<Response>;

export const page = (items: unknown[], next: string | null = null) => Response.json({ items, next_page_token: next });
/** The page that is asked for, as the server cuts it, of at most `most` rows; its token says where it begins. */
const paged = (url: URL, items: unknown[], most: number) => {
  const [from, limit] = [Number(url.searchParams.get('page_token') ?? 0), Math.min(most, Number(url.searchParams.get('limit') ?? 50))];
  return page(items.slice(from, from + limit), from + limit < items.length ? String(from + limit) : null);
};
const named = (one: ModelVersionInfo, q: string) => String(one.version).startsWith(q.replace(/^v/, '')) || one.label?.includes(q) === true || one.aliases.some((alias) => alias.includes(q));
export const refuse = (status: number, code: string, detail: string, errors?: Problem['errors']) => Response.json(
  { type: `https://slipway/problems/${code}`, title: code, status, detail, code, request_id: 'req-77', errors: errors ?? null, retry_after: null } satisfies Problem,
  { status, headers: { 'Content-Type': 'application/problem+json' } });
const done = () => new Response(null, { status: 204 });

/**
 * A server in memory with the shapes of the Contracts, for tests (test/setup.ts) and for `npm run mock`. A test changes its
 * state, replaces single answers with `on`, and reads `requests` only to see what was sent.
 */
export class MockSlipway {
  session: ReturnType<typeof aSession> | null = aSession();
  validTokens = new Set(['good']);
  users: UserInfo[] = [aUser(), aUser({ name: 'grace', role: 'analyst', email: null, has_password: false })];
  keys: KeyInfo[] = [aKey()];
  models: ModelInfo[] = [aModel(), aModel({ name: 'sentiment', description: null, tags: ['text'], latest_version: 6, production_version: null })];
  versions: ModelVersionInfo[] = [
    aVersion(), aVersion({ version: 2, label: null, stage: 'Archived' }), aVersion({ version: 1, label: null, stage: 'None', runnable: false, not_runnable_reason: 'No class Model in model/model.py' }),
    aVersion({ model: 'sentiment', version: 6, stage: 'None' }),
  ];
  /** Of a page of models or versions, whatever is asked for. */
  mostRows = 500;
  transitions: TransitionInfo[] = [aTransition()];
  metrics = someMetrics();
  aliases: AliasInfo[] = [{ alias: 'latest-prod', version: 3, moved_at: ago(3_600), moved_by: 'ada' }];
  aliasMoves: AliasMoveInfo[] = [{ alias: 'latest-prod', from_version: 2, to_version: 3, at: ago(3_600), by: 'ada' }];
  environments: EnvironmentInfo[] = environments.map((one) => ({ ...one }));
  promotions: PromotionInfo[] = [];
  statusChanges: StatusChangeInfo[] = [];
  secrets = [aSecret(), aSecret({ name: 'DATABASE_URL', version: 1, used_by: [] }), aSecret({ environment: 'development' })];
  deployments: DeploymentInfo[] = someDeployments();
  revisions: RevisionInfo[] = [aRevision(), aRevision({ number: 1, name: 'rev-1', is_live: false }, 2)];
  rollouts: RolloutInfo[] = [aRollout(), aRollout({
    id: 'rollout-1', status: 'FAILED', from_revision: 1, to_revision: 2, error_code: 'load_failed', error_message: 'Replica a1b2 ended while loading: FileNotFoundError: iris.joblib. Revision 1 kept serving.', percent_traffic_to_new_version: 0,
  })];
  sets = [aSetScale()];
  replicas: ReplicaInfo[] = [
    aReplica(), aReplica({ id: '0197f3a2-0000-7000-8000-00000000c3d4', pid: 4712, restarts: 2, last_exit: 'memory_limit', last_exit_detail: 'Used 262 MiB of 256 MiB', resident_bytes: 91_000_000 }),
  ];
  predictions: PredictionInfo[] = Array.from({ length: 14 }, (_, index) => aPrediction({
    id: `0197f3a2-1111-7000-8000-0000000000${String(index).padStart(2, '0')}`, status: index === 3 ? 502 : index === 6 ? 422 : index === 9 ? null : 200, error_code: index === 3 ? 'model_error' : null,
    latency_ms: index === 9 ? null : 2 + index / 3, origin: index % 5 === 0 ? 'ui' : 'live', state: index === 9 ? 'aborted' : 'complete',
  }));
  logs: LogLine[] = Array.from({ length: 60 }, (_, index) => aLogLine(index, {
    level: index % 17 === 9 ? 'error' : index % 7 === 3 ? 'warning' : index % 5 === 1 ? null : 'info', message: index % 17 === 9 ? 'ValueError: X has 3 features, but LogisticRegression is expecting 4 features as input' : `predicted 1 row in ${index % 9}.2 ms`,
  }));
  approvals: ApprovalInfo[] = [];
  notifications: NotificationInfo[] = [];
  protections: StageProtectionInfo[] = [];
  requests: { method: string; path: string; body: unknown; headers: Headers }[] = [];
  events = new Set<(event: ServerEvent) => void>();
  private readonly overrides: { method: string; path: RegExp; handler: Handler }[] = [];

  /** Answers requests of a method and path (of the whole path) differently from now on. */
  on(method: string, path: RegExp, handler: Handler) { this.overrides.unshift({ method, path, handler }); }

  async handle(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const text = request.method === 'GET' ? '' : await request.text();
    let body: unknown;
    try { body = text === '' ? undefined : JSON.parse(text); } catch { body = text; }
    this.requests.push({ method: request.method, path: url.pathname + url.search, body, headers: request.headers });
    for (const { method, path, handler } of [...this.overrides, ...this.routes]) {
      const match = method === request.method ? path.exec(url.pathname) : null;
      if (match !== null) return handler({ url, params: match.slice(1).map(decodeURIComponent), body, headers: request.headers });
    }
    return refuse(404, 'not_found', `Nothing is at ${url.pathname}.`);
  }

  private setSecret(environment: string, name: string) {
    const found = this.secrets.find((one) => one.environment === environment && one.name === name);
    if (found !== undefined) return Object.assign(found, { version: found.version + 1, updated_at: ago(0) });
    const made = aSecret({ environment, name, version: 1, used_by: [] });
    this.secrets.push(made);
    return made;
  }

  private deployment(environment = '', name = '') { return this.deployments.find((one) => one.environment === environment && one.name === name); }

  private change(environment: string | undefined, name: string | undefined, change: Partial<DeploymentInfo>): Response {
    const deployment = this.deployment(environment, name);
    if (deployment === undefined) return refuse(404, 'deployment_not_found', `There is no deployment ${name} in ${environment}.`);
    Object.assign(deployment, change, { etag: `${deployment.etag}+` });
    return Response.json(deployment);
  }

  private readonly routes: { method: string; path: RegExp; handler: Handler }[] = (() => {
    const api = (method: string, path: string, handler: Handler) => ({
      method, handler, path: new RegExp(`^/api/v1/${path.replaceAll(/\{(\w+)\}/g, '([^/]+)').replaceAll('.', String.raw`\.`)}$`),
    });
    const has = (url: URL, name: string, value: string) => { const wanted = url.searchParams.get(name); return wanted === null || value.toLowerCase().includes(wanted.toLowerCase()); };
    return [
      api('GET', 'session', () => (this.session === null ? refuse(401, 'not_signed_in', 'Sign in first.') : Response.json(this.session))),
      api('POST', 'session/redeem', ({ body }) => {
        const { token } = body as { token: string };
        if (!this.validTokens.delete(token)) return refuse(401, 'link_used', 'This link was used already or has expired.');
        this.session = aSession();
        return Response.json(this.session);
      }),
      api('POST', 'session', ({ body }) => {
        if ((body as { password: string }).password !== 'correct horse') return refuse(401, 'wrong_credentials', 'Name or password is wrong.');
        this.session = aSession();
        return Response.json(this.session);
      }),
      api('DELETE', 'session', () => { this.session = null; return done(); }),
      api('PUT', 'session/password', done),
      api('GET', 'approvals', ({ url }) => page(this.approvals.filter((one) => has(url, 'state', one.state) && has(url, 'resource', one.resource)))),
      api('GET', 'approvals/{id}', ({ params }) => {
        const found = this.approvals.find((one) => one.id === params[0]);
        return found === undefined ? refuse(404, 'approval_not_found', 'There is no such request for approval.') : Response.json(anApprovalDetail(found));
      }),
      api('POST', 'approvals/{id}/{verb}', ({ params, body }) => {
        const found = this.approvals.find((one) => one.id === params[0]);
        if (found === undefined) return refuse(404, 'approval_not_found', 'There is no such request for approval.');
        const state = ({ approve: 'approved', reject: 'rejected', cancel: 'cancelled' } as const)[params[1] ?? ''] ?? found.state;
        return Response.json(Object.assign(found, { state, can_decide: false, decided_by: 'ada', decision_comment: (body as { comment?: string }).comment ?? null, applied_at: state === 'approved' ? ago(0) : null }));
      }),
      api('GET', 'stage-protections', () => page(this.protections)),
      api('GET', 'models/{m}/protection', () => page(this.protections)),
      api('GET', 'notifications', () => page(this.notifications)),
      api('GET', 'notifications/unread', () => Response.json({ unread: this.notifications.filter((one) => one.read_at === null).length })),
      api('POST', 'notifications/read', () => { for (const one of this.notifications) one.read_at = ago(0); return Response.json({ unread: 0 }); }),
      api('POST', 'notifications/{id}/read', ({ params }) => { for (const one of this.notifications) if (one.id === params[0]) one.read_at = ago(0); return done(); }),
      api('GET', 'notifications/preferences', () => Response.json({ kinds: [{ kind: 'approval_requested', title: 'Approval requested', description: 'Somebody asks for a change that you may decide.', in_app: true }] })),
      api('GET', 'users', () => page(this.users)),
      api('POST', 'users', ({ body }) => {
        const user = aUser({ ...(body as Partial<UserInfo>), has_password: false, last_sign_in_at: null });
        if (this.users.some((one) => one.name === user.name)) return refuse(409, 'user_exists', 'The name is taken.', { name: ['This name is taken.'] });
        this.users.push(user);
        return Response.json(user, { status: 201 });
      }),
      api('PATCH', 'users/{name}', ({ params, body }) => {
        const user = this.users.find((one) => one.name === params[0]);
        return user === undefined ? refuse(404, 'user_not_found', 'No such user.') : Response.json(Object.assign(user, body));
      }),
      api('DELETE', 'users/{name}', ({ params }) => { this.users = this.users.filter((one) => one.name !== params[0]); return done(); }),
      api('POST', 'users/{name}/sign-in-link', ({ params }) => Response.json({ url: `http://127.0.0.1:7070/ui/sign-in?token=for-${params[0]}`, expires_at: new Date(Date.now() + 9e5).toISOString() })),
      api('GET', 'keys', () => page(this.keys)),
      api('POST', 'keys', ({ body }) => {
        const info = aKey({ id: `key-${this.keys.length + 1}`, ...(body as Partial<KeyInfo>), last_used_at: null });
        this.keys.push(info);
        return Response.json({ key: 'slw_7f3a9c_the-whole-secret', info }, { status: 201 });
      }),
      api('DELETE', 'keys/{id}', ({ params }) => { for (const key of this.keys) if (key.id === params[0]) key.revoked = true; return done(); }),
      api('GET', 'audit', ({ url }) => page(Array.from({ length: 12 }, (_, index) => anAuditEntry(12 - index, index % 3 === 1 ? { action: 'user_created', resource_kind: 'user', resource: 'grace' } : {}))
        .filter((entry) => has(url, 'actor', entry.actor) && has(url, 'action', entry.action) && has(url, 'resource', entry.resource)))),
      api('GET', 'system', () => Response.json(aSystem())),
      api('POST', 'system/verify', () => Response.json({ ok: true, blobs_checked: 31, bytes_checked: 9_100_000, audit_entries_checked: 77, findings: [] })),
      api('GET', 'deployments/{e}/{n}/promotions', () => page(this.promotions)),
      api('GET', 'deployments/{e}/{n}/status-changes', () => page(this.statusChanges)),
      api('GET', 'environments', () => page(this.environments)),
      api('GET', 'environments/{e}/secrets', ({ params }) => page(this.secrets.filter((one) => one.environment === params[0]))),
      api('PUT', 'environments/{e}/secrets/{n}', ({ params }) => Response.json(this.setSecret(params[0] ?? '', params[1] ?? ''))),
      api('DELETE', 'environments/{e}/secrets/{n}', ({ params }) => { this.secrets = this.secrets.filter((one) => one.name !== params[1]); return done(); }),
      api('GET', 'environments/{e}', ({ params }) => {
        const found = this.environments.find((one) => one.name === params[0]);
        return found === undefined ? refuse(404, 'environment_not_found', `There is no environment ${params[0]}.`) : Response.json(found);
      }),
      api('POST', 'environments', ({ body }) => {
        const made = anEnvironment({ built_in: false, order: 9, ...(body as { name: string }) });
        this.environments.push(made);
        return Response.json(made, { status: 201 });
      }),
      api('PATCH', 'environments/{e}', ({ params, body }) => {
        const found = this.environments.find((one) => one.name === params[0]);
        return found === undefined ? refuse(404, 'environment_not_found', 'No such environment.') : Response.json(Object.assign(found, body, { etag: '"2"' }));
      }),
      api('DELETE', 'environments/{e}', ({ params }) => { this.environments = this.environments.filter((one) => one.name !== params[0]); return done(); }),
      api('GET', 'models', ({ url }) => paged(url, this.models.filter((one) => has(url, 'q', one.name) && has(url, 'tag', one.tags.join(' '))), this.mostRows)),
      api('GET', 'models/{m}', ({ params }) => {
        const model = this.models.find((one) => one.name === params[0]);
        return model === undefined ? refuse(404, 'model_not_found', `There is no model ${params[0]}.`) : Response.json(model);
      }),
      api('POST', 'models', ({ body }) => {
        const model = aModel({ latest_version: null, production_version: null, ...(body as Partial<ModelInfo>) });
        if (this.models.some((one) => one.name === model.name)) return refuse(409, 'model_already_exists', `A model named ${model.name} exists already; choose another name.`);
        this.models.push(model);
        return Response.json(model, { status: 201 });
      }),
      api('PATCH', 'models/{m}', ({ params, body, headers }) => {
        const model = this.models.find((one) => one.name === params[0]);
        if (headers.get('If-Match') !== model?.etag) return refuse(412, 'stale_etag', 'Somebody changed it since you read it.');
        return Response.json(Object.assign(model ?? {}, body, { etag: '"8"' }));
      }),
      api('GET', 'models/{m}/transitions', ({ url }) => page(this.transitions.filter((one) => [null, String(one.version)].includes(url.searchParams.get('version'))))),
      api('GET', 'models/{m}/stages/{s}', ({ params, url }) => Response.json({
        stage: params[1], at: url.searchParams.get('at'), versions: [{ version: 2, deleted: true, since: ago(9e5), by: 'grace', note: null, approval_id: null, until: ago(8e5) }],
      })),
      api('GET', 'models/{m}/aliases', () => page(this.aliases)),
      api('GET', 'models/{m}/alias-moves', () => page(this.aliasMoves)),
      api('PUT', 'models/{m}/aliases/{a}', ({ params, body }) => {
        if (params[1] === 'latest') return refuse(400, 'invalid_field', 'No.', { alias: ['An alias is not latest.'] });
        const alias = { alias: params[1] ?? '', version: Number((body as { version: string }).version), moved_at: ago(0), moved_by: 'ada' };
        this.aliases = [...this.aliases.filter((one) => one.alias !== alias.alias), alias];
        return Response.json(alias);
      }),
      api('DELETE', 'models/{m}/aliases/{a}', ({ params }) => { this.aliases = this.aliases.filter((one) => one.alias !== params[1]); return done(); }),
      api('GET', 'models/{m}/deletion', () => Response.json({
        allowed: false, code: 'version_in_production', reason: 'Version 3 is in Production; transition it to Archived first.', versions: [3, 2, 1], version_count: 3, file_count: 9, size_bytes: 4_298_766,
        aliases: ['latest-prod'], used_by: [], metric_count: 6, datasets: ['iris-2026'], children: [],
      })),
      api('GET', 'models/{m}/versions/{v}/deletion', ({ params }) => Response.json({
        allowed: true, code: null, reason: null, versions: [Number(params[1])], version_count: 1, file_count: 3, size_bytes: 1_432_922, aliases: ['champion'], used_by: [], metric_count: 2, datasets: ['iris-2026'], children: [{ model: 'iris-small', version: 1, deleted: false }],
      })),
      api('DELETE', 'models/{m}/versions/{v}', ({ params }) => { this.versions = this.versions.filter((one) => one.model !== params[0] || String(one.version) !== params[1]); return done(); }),
      api('POST', 'models/{m}/versions/{v}/stage', ({ params, body }) => {
        const asked = body as TransitionStageRequest;
        const version = this.versions.find((one) => one.model === params[0] && String(one.version) === params[1]);
        const from = version?.stage ?? 'None';
        if (asked.archive_existing_versions === true) for (const one of this.versions) if (one.stage === asked.stage) one.stage = 'Archived';
        const made = aTransition({ sequence: 100 + this.transitions.length, version: Number(params[1]), from, to: asked.stage, note: asked.note ?? null, at: ago(0) });
        this.transitions.unshift(made);
        return Response.json({ version: Object.assign(version ?? {}, { stage: asked.stage }), transitions: [made] });
      }),
      api('PUT', 'models/{m}/versions/{v}/tags', ({ params, body }) => {
        const tag = body as { key: string; value: string };
        const version = this.versions.find((one) => one.model === params[0] && String(one.version) === params[1]);
        if (version !== undefined) version.tags = { ...version.tags, [tag.key]: tag.value };
        return Response.json(version);
      }),
      api('DELETE', 'models/{m}/versions/{v}/tags', ({ params, url }) => {
        const version = this.versions.find((one) => one.model === params[0] && String(one.version) === params[1]);
        if (version !== undefined) version.tags = Object.fromEntries(Object.entries(version.tags).filter(([key]) => key !== url.searchParams.get('key')));
        return Response.json(version);
      }),
      api('PATCH', 'models/{m}/versions/{v}', ({ params, body }) => Response.json(Object.assign(this.versions.find((one) => one.model === params[0] && String(one.version) === params[1]) ?? {}, body))),
      api('GET', 'models/{m}/versions', ({ params, url }) => paged(url, this.versions.filter((one) => one.model === params[0] && named(one, url.searchParams.get('q') ?? '') && has(url, 'stage', one.stage)
        && (url.searchParams.get('runnable') ?? String(one.runnable)) === String(one.runnable)).toSorted((a, b) => b.version - a.version), this.mostRows)),
      api('GET', 'models/{m}/comparison', ({ url }) => Response.json(aComparison(url.searchParams.getAll('lower_is_better'), url.searchParams.getAll('higher_is_better')))),
      api('GET', 'models/{m}/(?:versions/[^/]+/)?lineage', () => Response.json(aLineage())),
      api('GET', 'models/{m}/deployments', () => page(someModelDeployments())),
      api('GET', 'models/{m}/versions/{v}/metrics', () => page(this.metrics)),
      api('PUT', 'models/{m}/versions/{v}/metrics', ({ params, body }) => {
        const asked = body as { metrics: Record<string, number>; step: number };
        for (const [key, value] of Object.entries(asked.metrics)) this.metrics.push({ namespace: 'validation', key, value, step: asked.step, at: ago(0), points: [] });
        return Response.json(this.versions.find((one) => String(one.version) === params[1]));
      }),
      api('DELETE', 'models/{m}/versions/{v}/metrics', ({ params, url }) => {
        this.metrics = this.metrics.filter((one) => one.key !== url.searchParams.get('key'));
        return Response.json(this.versions.find((one) => String(one.version) === params[1]));
      }),
      api('GET', 'models/{m}/versions/{v}', ({ params }) => {
        const version = this.versions.find((one) => one.model === params[0] && String(one.version) === params[1]?.replace(/^v/, ''));
        return version === undefined ? refuse(404, 'version_not_found', 'No such version.') : Response.json(version);
      }),
      { method: 'GET', path: /^\/api\/v1\/models\/[^/]+\/versions\/[^/]+\/files\/(.+)$/, handler: ({ params }) => new Response(params[0]?.endsWith('.py') === true ? MODEL_PY : (this.versions[0]?.config_text ?? '')) },
      api('GET', 'models/{m}/versions/{v}/builds/{b}/log', () => new Response('Resolving requirements\nscikit-learn: found 1.2.1 of this machine\nDone in 6.8 s\n')),
      api('GET', 'deployments', ({ url }) => page(this.deployments.filter((one) => has(url, 'q', one.name) && has(url, 'environment', one.environment) && has(url, 'status', one.status)))),
      api('POST', 'deployments', ({ body }) => {
        const asked = body as CreateDeploymentRequest;
        if (this.deployment(asked.environment, asked.name) !== undefined) return refuse(409, 'name_taken', `${asked.name} is taken in ${asked.environment} by ada.`);
        const made = aDeployment({ name: asked.name, environment: asked.environment, description: asked.description ?? null, status: 'DEPLOYING', live: null, replicas_ready: 0, replicas_wanted: asked.min_replicas ?? 1 });
        this.deployments.push(made);
        return Response.json(made, { status: 201 });
      }),
      api('GET', 'deployments/{e}/{n}', ({ params }) => {
        const deployment = this.deployment(params[0], params[1]);
        return deployment === undefined ? refuse(404, 'deployment_not_found', `There is no deployment ${params[1]} in ${params[0]}.`) : Response.json(deployment);
      }),
      api('PATCH', 'deployments/{e}/{n}', ({ params, body, headers }) => {
        const deployment = this.deployment(params[0], params[1]);
        if (deployment !== undefined && headers.get('If-Match') !== `"${deployment.etag}"`) return refuse(412, 'stale', 'Somebody changed it meanwhile.');
        const { autoscaling, load_balancer, health_check, ...rest } = body as Partial<DeploymentInfo>;   // what is not said of a part stays
        return this.change(params[0], params[1], {
          ...rest, ...(deployment === undefined ? {} : {
            autoscaling: { ...deployment.autoscaling, ...autoscaling }, load_balancer: { ...deployment.load_balancer, ...load_balancer }, health_check: { ...deployment.health_check, ...health_check },
          }),
        });
      }),
      api('DELETE', 'deployments/{e}/{n}', ({ params }) => { this.deployments = this.deployments.filter((one) => one.environment !== params[0] || one.name !== params[1]); return done(); }),
      api('GET', 'deployments/{e}/{n}/revisions', () => page(this.revisions)),
      api('POST', 'deployments/{e}/{n}/revisions', ({ params }) => {
        const rollout = aRollout({ id: 'rollout-3', status: 'RELEASING', from_revision: 2, to_revision: 3, percent_traffic_to_new_version: 0, finished_at: null, steps: [] });
        this.change(params[0], params[1], { rollout, status: 'UPDATING' });
        this.rollouts.unshift(rollout);
        return Response.json(rollout, { status: 202 });
      }),
      api('GET', 'deployments/{e}/{n}/rollouts', () => page(this.rollouts)),
      api('POST', 'rollouts/{id}/{action}', ({ params }) => {
        const found = this.rollouts.find((one) => one.id === params[0]);
        if (found === undefined) return refuse(404, 'rollout_not_found', 'There is no such rollout.');
        const next: Partial<RolloutInfo> = params[1] === 'pause' ? { status: 'PAUSED', paused_reason: 'person', actions: ['resume', 'cancel', 'force-cancel', 'force-complete'], next_step_at: null }
          : params[1] === 'resume' ? { status: 'RAMPING_UP', paused_reason: null, actions: ['pause', 'cancel', 'force-cancel', 'force-complete'] }
          : params[1] === 'force-complete' ? { status: 'SUCCEEDED', percent_traffic_to_new_version: 100, finished_at: ago(0), actions: [] }
          : { status: 'CANCELED', percent_traffic_to_new_version: 0, finished_at: ago(0), actions: [] };
        Object.assign(found, next);
        return Response.json(found);
      }),
      api('GET', 'deployments/{e}/{n}/replicas', () => page(this.replicas)),
      api('GET', 'deployments/{e}/{n}/autoscaling', ({ params }) => Response.json({ settings: this.deployment(params[0], params[1])?.autoscaling, sets: this.sets })),
      api('GET', 'deployments/{e}/{n}/metrics', () => Response.json(someLiveMetrics())),
      api('POST', 'deployments/{e}/{n}/draft/freeze', ({ params }) => {
        this.change(params[0], params[1], { draft: null });
        return Response.json({ ...aRollout(), strategy: 'recreate', to_revision: 2 }, { status: 202 });
      }),
      api('POST', 'deployments/{e}/{n}/wake', ({ params }) => this.change(params[0], params[1], { status: 'WAKING_UP', replicas_wanted: 1 })),
      api('GET', 'deployments/{e}/{n}/logs', ({ url }) => page(this.logs.filter((line) => has(url, 'q', line.message) && (url.searchParams.get('level') === null || line.level === url.searchParams.get('level'))))),
      api('POST', 'deployments/{e}/{n}/scale', ({ params, body }) => this.change(params[0], params[1], { replicas_wanted: (body as { replicas: number }).replicas })),
      api('POST', 'deployments/{e}/{n}/stop', ({ params }) => this.change(params[0], params[1], { status: 'STOPPED', replicas_ready: 0, replicas_wanted: 0 })),
      api('POST', 'deployments/{e}/{n}/retry', ({ params }) => {
        const answer = this.change(params[0], params[1], { status: 'DEPLOYING', status_detail: null, status_reason: null, replicas_wanted: 1 });
        return answer.ok ? Response.json({ retried: true, reason: null, deployment: this.deployment(params[0], params[1]) }) : answer;
      }),
      api('POST', 'deployments/{e}/{n}/start', ({ params }) => this.change(params[0], params[1], { status: 'DEPLOYING', status_detail: null, status_reason: null, replicas_wanted: 1 })),
      api('POST', 'deployments/{e}/{n}/rebuild', () => Response.json(aRollout({ status: 'RELEASING', to_revision: 3 }), { status: 202 })),
      api('POST', 'deployments/{e}/{n}/restart', ({ params }) => this.change(params[0], params[1], {})),
      api('GET', 'predictions', ({ url }) => {
        const status = url.searchParams.get('status');
        return page(this.predictions.filter((one) => status === null || (status === 'aborted' ? one.status === null : String(one.status).startsWith(status.slice(0, 1)))));
      }),
      api('GET', 'predictions/{id}', ({ params }) => Response.json(aDetail(this.predictions.find((one) => one.id === params[0]) ?? aPrediction({ id: params[0] })))),
      api('GET', 'analytics/deployments/{e}/{n}', () => Response.json(anAnalytics())),
      {
        method: 'POST', path: /^\/([^/]+)\/models\/([^/]+)$/,
        handler: ({ params }) => Response.json(
          { status: 'OK', timestamp: new Date().toISOString(), result: { classes: [0] }, promote_id: '0197f3a2-1111-7000-8000-000000000001', model_name: params[1], model_version: '3' },
          { headers: { 'Slipway-Prediction-Id': '0197f3a2-1111-7000-8000-000000000001', 'Slipway-Revision': '2', 'Slipway-Attempts': '1' } }),
      },
    ];
  })();
}
