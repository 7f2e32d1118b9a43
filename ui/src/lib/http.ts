import type { Problem } from './wire.ts';
import { queryString, type Query } from './paths.ts';

/** A refusal of the server, or `unreachable` (status 0) when nothing answered. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ApiError';
    this.problem = problem;
  }

  get status() { return this.problem.status; }
  get code() { return this.problem.code; }
  /** First message of a field (its JSON name), for showing it at the field. */
  field(name: string): string | undefined { return this.problem.errors?.[name]?.[0]; }
}

let csrfToken: string | null = null;

/** The token of the browser session, sent with every write. Called by whoever learns of a session. */
export function rememberCsrfToken(token: string | null) { csrfToken = token; }

/** Headers that a write from a browser session needs. */
export function writeHeaders(): Record<string, string> {
  return csrfToken === null ? {} : { 'Slipway-Csrf': csrfToken };
}

export async function problemOf(response: Response): Promise<Problem> {
  const requestId = response.headers.get('Slipway-Request-Id') ?? response.headers.get('X-Request-Id');
  try {
    const body = await response.json() as Partial<Problem>;
    return {
      type: body.type ?? 'about:blank', title: body.title ?? response.statusText, status: response.status,
      detail: body.detail ?? body.title ?? `The server answered ${response.status}.`, code: body.code ?? `http_${response.status}`,
      request_id: body.request_id ?? requestId, errors: body.errors ?? null, retry_after: body.retry_after ?? null,
    };
  } catch {
    return {
      type: 'about:blank', title: response.statusText, status: response.status, detail: `The server answered ${response.status} without an explanation.`,
      code: `http_${response.status}`, request_id: requestId,
    };
  }
}

async function call(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError({
      type: 'about:blank', title: 'Unreachable', status: 0, code: 'unreachable', request_id: null,
      detail: 'The server did not answer. It may be restarting; this page tries again by itself.',
    });
  }
  if (!response.ok) throw new ApiError(await problemOf(response));
  return response;
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const response = await call(path + queryString(query), { headers: { Accept: 'application/json' }, signal });
  return await response.json() as T;
}

export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  return (await call(path, { signal })).text();
}

export async function getBlob(path: string, signal?: AbortSignal): Promise<Blob> {
  return (await call(path, { signal })).blob();
}

/** Sends a write; the answer is undefined for 204. */
export async function send<T = void>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const response = await call(path, {
    method,
    headers: { Accept: 'application/json', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...writeHeaders(), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Sends bytes as they are. */
export async function sendFile<T>(path: string, content: Blob, type: string): Promise<T> {
  const response = await call(path, { method: 'POST', headers: { Accept: 'application/json', 'Content-Type': type, ...writeHeaders() }, body: content });
  return await response.json() as T;
}
