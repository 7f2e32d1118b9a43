import { contextHeaders } from '../../lib/context.ts';
import { ApiError, problemOf, writeHeaders } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';

export interface SimulatedAnswer { status: number; variant: string; fallbackFrom: string | null; text: string }

/** Asks the deployment as the simulator: recorded as such, and counted in no statistics. An answer of the model, good or not, is an answer. */
export async function simulatePrediction(environment: string, name: string, input: string, context: Record<string, unknown>, identity: string): Promise<SimulatedAnswer> {
  const response = await fetch(paths.predict(environment, name), {
    method: 'POST', credentials: 'same-origin', body: input,
    headers: {
      'Content-Type': 'application/json', 'Slipway-Origin': 'simulator', ...writeHeaders(), ...contextHeaders(context, identity),
    },
  });
  const variant = response.headers.get('Slipway-Variant');
  if (variant === null) throw new ApiError(await problemOf(response));
  return { status: response.status, variant, fallbackFrom: response.headers.get('Slipway-Fallback-From'), text: await response.text() };
}
