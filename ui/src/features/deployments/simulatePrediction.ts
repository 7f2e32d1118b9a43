import { ApiError, problemOf, writeHeaders } from '../../lib/http.ts';
import { paths } from '../../lib/paths.ts';

export interface SimulatedAnswer { status: number; variant: string; fallbackFrom: string | null; text: string }

/** Asks the deployment as the simulator: recorded as such, and counted in no statistics. An answer of the model, good or not, is an answer. */
export async function simulatePrediction(environment: string, name: string, input: string, context: Record<string, unknown>, identity: string): Promise<SimulatedAnswer> {
  const response = await fetch(paths.predict(environment, name), {
    method: 'POST', credentials: 'same-origin', body: input,
    headers: {
      'Content-Type': 'application/json', 'Slipway-Origin': 'simulator', ...writeHeaders(),
      ...(Object.keys(context).length === 0 ? {} : { 'Slipway-Context': asciiJson(context) }), ...(identity === '' ? {} : { 'Slipway-Identity': identity }),
    },
  });
  const variant = response.headers.get('Slipway-Variant');
  if (variant === null) throw new ApiError(await problemOf(response));
  return { status: response.status, variant, fallbackFrom: response.headers.get('Slipway-Fallback-From'), text: await response.text() };
}

/** A header carries ASCII alone from a browser; JSON has escapes for the rest. */
const asciiJson = (value: unknown) => JSON.stringify(value).replace(/[\u0080-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
