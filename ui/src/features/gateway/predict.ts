import { problemOf, writeHeaders } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';

/** What came back so far. `text` grows while `streaming`. */
export interface Answer {
  status: number;
  contentType: string;
  predictionId: string | null;
  revision: string | null;
  /** Which variant answered, and in place of which; null: the deployment has one alone or did not say. */
  variant: string | null;
  fallbackFrom: string | null;
  /** How the table chose: "matched; row=2" or "default_matched; row=0". */
  routing: string | null;
  attempts: string | null;
  /** Waiting for a replica and on it, as the server measured; null: it did not say. */
  queueMs: number | null;
  replicaMs: number | null;
  /** From sending to the last byte, measured here. */
  latencyMs: number;
  /** To the first byte of the body. */
  firstByteMs: number | null;
  text: string;
  streaming: boolean;
  /** Set when Slipway or the model refused: sentence and code. */
  error: { detail: string; code: string } | null;
}

/**
 * Asks a deployment, as the Execute page (origin ui). `said`: headers with the context. `onProgress` hears each part of the answer as it arrives.
 * Rejects only when no answer came at all, or when `signal` was aborted.
 */
export async function predict(
  environment: string, name: string, body: string, said: Record<string, string>, onProgress: (answer: Answer) => void, signal: AbortSignal,
): Promise<Answer> {
  const began = performance.now();
  const response = await fetch(paths.predict(environment, name), {
    method: 'POST', body, signal, credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', 'Slipway-Origin': 'ui', ...said, ...writeHeaders() },
  });
  const answer: Answer = {
    status: response.status, contentType: response.headers.get('Content-Type') ?? '', predictionId: response.headers.get('Slipway-Prediction-Id'),
    revision: response.headers.get('Slipway-Revision'), attempts: response.headers.get('Slipway-Attempts'),
    variant: response.headers.get('Slipway-Variant'), fallbackFrom: response.headers.get('Slipway-Fallback-From'), routing: response.headers.get('Slipway-Routing'),
    queueMs: numberOf(response.headers.get('Slipway-Queue-Ms')), replicaMs: numberOf(response.headers.get('Slipway-Replica-Ms')),
    latencyMs: performance.now() - began, firstByteMs: null, text: '', streaming: true, error: null,
  };
  if (!response.ok && answer.contentType.includes('problem')) {
    const problem = await problemOf(response);
    return { ...answer, streaming: false, latencyMs: performance.now() - began, text: JSON.stringify(problem, null, 2), error: { detail: problem.detail, code: problem.code } };
  }
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    answer.firstByteMs ??= performance.now() - began;
    answer.text += decoder.decode(value, { stream: true });
    onProgress({ ...answer, latencyMs: performance.now() - began });
  }
  answer.text += decoder.decode();
  return { ...answer, streaming: false, latencyMs: performance.now() - began, error: response.ok ? null : messageOf(answer.text, response.status) };
}

const numberOf = (text: string | null) => (text === null || !Number.isFinite(Number(text)) ? null : Number(text));

/** The envelope route answers errors as `{status: "error", message}`; a model's own error may have any shape. */
function messageOf(text: string, status: number): { detail: string; code: string } {
  try {
    const body = JSON.parse(text) as { message?: unknown; detail?: unknown; code?: unknown; error?: unknown };
    const detail = [body.message, body.detail, body.error].find((one) => typeof one === 'string');
    return { detail: typeof detail === 'string' ? detail : 'The model refused the request; its answer is below.', code: typeof body.code === 'string' ? body.code : `http_${status}` };
  } catch {
    return { detail: 'The model refused the request; its answer is below.', code: `http_${status}` };
  }
}
