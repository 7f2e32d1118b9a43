import { roundedInteger } from '../../lib/exactJson.ts';
import { plural } from '../../lib/format.ts';
import type { ModelSignatureInfo, TensorInfo } from '../../lib/wire.ts';

/** What a request carries: input names to nested lists; of a scalar, its one value. */
export type Tensors = Record<string, unknown>;

/**
 * How a request's JSON holds the tensors: an ONNX model takes `{"inputs": {name: …}}`, an estimator the rows alone, code of one's own
 * `{name: …}`.
 */
export type BodyForm = 'inputs' | 'named' | 'rows';

export const bodyFormOf = (runtime: string | null, detected: string): BodyForm => (runtime === 'onnx' ? 'inputs' : detected === 'estimator' ? 'rows' : 'named');

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const isScalar = (tensor: TensorInfo) => tensor.shape.length === 0 && tensor.structure === null;

/** The tensors of a body; null when it is not of the form that a form of fields can show, or has whole numbers that the fields would round. */
export function readBody(text: string, form: BodyForm, signature: ModelSignatureInfo): Tensors | null {
  let body: unknown;
  try { body = JSON.parse(text); } catch { return null; }
  if (roundedInteger(text) !== null) return null;
  const only = signature.inputs.length === 1 ? signature.inputs[0] : undefined;
  const isValue = (one: unknown) => Array.isArray(one) || (only !== undefined && isScalar(only) && one !== undefined && one !== null && !isObject(one));
  if (isValue(body)) return only === undefined ? null : { [only.name]: body };
  if (!isObject(body)) return null;
  const held = form === 'named' ? body : body['inputs'];
  if (isValue(held)) return only === undefined ? null : { [only.name]: held };
  if (held === undefined && Object.keys(body).length === 0) return {};
  return isObject(held) && Object.keys(held).every((name) => signature.inputs.some((one) => one.name === name)) ? held : null;
}

export function writeBody(tensors: Tensors, form: BodyForm): string {
  const body = form === 'inputs' ? { inputs: tensors } : form === 'named' ? tensors : Object.values(tensors)[0] ?? [];
  return layOut(body);
}

/** JSON with each innermost list on a line of its own. */
export function layOut(value: unknown, indent = ''): string {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    return value.some((one) => typeof one === 'object' && one !== null)
      ? `[\n${value.map((one) => deeper + layOut(one, deeper)).join(',\n')}\n${indent}]`
      : `[${value.map((one) => JSON.stringify(one)).join(', ')}]`;
  }
  if (isObject(value)) {
    const members = Object.entries(value).map(([name, one]) => `${deeper}${JSON.stringify(name)}: ${layOut(one, deeper)}`);
    return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
  }
  return JSON.stringify(value);
}

/** Rows of numbers or texts are edited as lines, a scalar as its value; anything else as JSON. */
const isLines = (tensor: TensorInfo) => tensor.shape.length === 1 || tensor.shape.length === 2;

/** How a field's text is to be written. */
export function hintOf(tensor: TensorInfo): string {
  if (isScalar(tensor)) return tensor.datatype === 'BYTES' ? 'One text.' : `One value, ${kindOf(tensor.datatype)}.`;
  if (!isLines(tensor)) return 'A nested list, JSON.';
  if (tensor.datatype === 'BYTES') return 'One text a line.';
  return tensor.shape.length === 2 ? 'One row a line, values separated by commas or blanks; JSON works too.' : 'Values separated by commas or blanks.';
}

/** What a field shows for a value: a line for each row. */
export function toField(value: unknown, tensor: TensorInfo): string {
  if (value === undefined) return '';
  if (isScalar(tensor)) return Array.isArray(value) || isObject(value) ? layOut(value) : cellText(value);
  if (!isLines(tensor) || !Array.isArray(value)) return layOut(value);
  const rows: unknown[] = tensor.shape.length === 2 ? (Array.isArray(value[0]) ? value : [value]) : [value];
  return rows.map((row) => (Array.isArray(row) ? row : [row]).map(cellText).join(tensor.datatype === 'BYTES' ? '\n' : ', ')).join('\n');
}

const cellText = (cell: unknown) => (typeof cell === 'string' ? cell : JSON.stringify(cell));

export type Parsed = { value: unknown; error: null; note: string } | { value: null; error: string };

/** What a field's text says, held to datatype and shape. */
export function fromField(text: string, tensor: TensorInfo): Parsed {
  if (isScalar(tensor)) return oneValue(text, tensor.datatype);
  if (!isLines(tensor) || text.trimStart().startsWith('[')) {
    try {
      const value = JSON.parse(text) as unknown;
      const unsafe = isWhole(tensor.datatype) ? unsafeOf(value) : undefined;
      if (unsafe !== undefined) return { value: null, error: `${roundedInteger(text) ?? String(unsafe)} ${TOO_LARGE}` };
      return Array.isArray(value) ? { value, error: null, note: 'as JSON' } : { value: null, error: 'A tensor is a list.' };
    } catch { return { value: null, error: 'Not valid JSON.' }; }
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return { value: null, error: 'Nothing is entered.' };
  const isText = tensor.datatype === 'BYTES';
  const rows: unknown[][] = [];
  for (const [at, line] of lines.entries()) {
    const row: unknown[] = [];
    for (const word of isText ? [line] : line.split(/[\s,;]+/).filter((one) => one !== '')) {
      const cell = isText ? { value: word } : cellOf(word, tensor.datatype);
      if ('error' in cell) return { value: null, error: `Line ${at + 1}: ${cell.error}` };
      row.push(cell.value);
    }
    rows.push(row);
  }
  if (tensor.shape.length === 1) return sized(rows.flat(), tensor.shape[0] ?? -1);
  const wide = tensor.shape[1] ?? -1;
  const cells = isText && wide > 1 ? chunks(rows.flat(), wide) : rows;
  const wanted = wide >= 0 ? wide : cells[0]?.length ?? 0;
  const odd = cells.findIndex((row) => row.length !== wanted);
  if (odd >= 0) return { value: null, error: `Line ${odd + 1} has ${plural(cells[odd]?.length ?? 0, 'value')}; ${wanted} are expected.` };
  const tall = tensor.shape[0] ?? -1;
  if (tall >= 0 && cells.length !== tall) return { value: null, error: `Of ${tall} rows there are ${cells.length}.` };
  return { value: cells, error: null, note: `${plural(cells.length, 'row')} of ${wanted}` };
}

function sized(flat: unknown[], wanted: number): Parsed {
  return wanted >= 0 && flat.length !== wanted
    ? { value: null, error: `Of ${wanted} values there are ${flat.length}.` }
    : { value: flat, error: null, note: plural(flat.length, 'value') };
}

function chunks(flat: unknown[], size: number): unknown[][] {
  return Array.from({ length: Math.ceil(flat.length / size) }, (_, at) => flat.slice(at * size, (at + 1) * size));
}

/** A scalar: the text itself, or one number or truth value that is in no list. */
function oneValue(text: string, datatype: string): Parsed {
  const words = text.trim().split(/\s+/).filter((one) => one !== '');
  const [word] = words;
  if (word === undefined) return { value: null, error: 'Nothing is entered.' };
  if (datatype === 'BYTES') return { value: text, error: null, note: 'one text' };
  if (words.length > 1 || word.startsWith('[')) return { value: null, error: 'One value is expected, not a list.' };
  const cell = cellOf(word, datatype);
  return 'error' in cell ? { value: null, error: cell.error } : { value: cell.value, error: null, note: 'one value' };
}

const isWhole = (datatype: string) => datatype.includes('INT');

const kindOf = (datatype: string) => (datatype === 'BOOL' ? 'true or false' : isWhole(datatype) ? 'a whole number' : 'a number');

/** Whole numbers are exact up to 2^53 here, and no further. */
const TOO_LARGE = 'is beyond 2^53, where this form would round it; enter it as JSON.';

function cellOf(word: string, datatype: string): { value: number | boolean } | { error: string } {
  const wrong = { error: `“${word.slice(0, 20)}” is not ${kindOf(datatype)}.` };
  if (datatype === 'BOOL') return word === 'true' || word === '1' ? { value: true } : word === 'false' || word === '0' ? { value: false } : wrong;
  const number = Number(word);
  if (!Number.isFinite(number) || (isWhole(datatype) && !Number.isInteger(number))) return wrong;
  return isWhole(datatype) && !Number.isSafeInteger(number) ? { error: `${word.slice(0, 30)} ${TOO_LARGE}` } : { value: number };
}

/** A number in nested lists that is beyond 2^53. */
function unsafeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value) ? value : undefined;
  if (!Array.isArray(value)) return undefined;
  for (const one of value as unknown[]) {
    const found = unsafeOf(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

export interface Score { label: string; share: number }

/**
 * The class scores in an answer: the first row of numbers that are shares of one, such as probabilities; as a list or by class.
 * Null: the answer has none.
 */
export function scoresOf(text: string): { name: string; scores: Score[] } | null {
  let body: unknown;
  try { body = JSON.parse(text); } catch { return null; }
  const result = isObject(body) && 'result' in body ? body['result'] : body;
  if (!isObject(result)) return null;
  for (const [name, value] of Object.entries(result)) {
    const row: unknown = Array.isArray(value) && typeof value[0] === 'object' ? value[0] : value;
    const scores = Array.isArray(row) ? row.map((share: unknown, at) => ({ label: String(at), share })) : isObject(row) ? Object.entries(row).map(([label, share]) => ({ label, share })) : [];
    if (scores.length >= 2 && scores.length <= 100 && scores.every((one): one is Score => typeof one.share === 'number' && one.share >= -1e-6 && one.share <= 1.000_001)
      && Math.abs(scores.reduce((sum, one) => sum + one.share, 0) - 1) < 0.01) return { name, scores };
  }
  return null;
}

/** `model_metadata.input_view` of kind drawing: an image of one channel, row by row, in one input. */
export interface DrawingView { input: string; width: number; height: number; ink: number }

/** Null: the version asks for no drawing pad, or for one that its signature does not fit. */
export function drawingOf(view: unknown, signature: ModelSignatureInfo): DrawingView | null {
  if (!isObject(view) || view['kind'] !== 'drawing') return null;
  const input = typeof view['input'] === 'string' ? view['input'] : signature.inputs[0]?.name;
  const [width, height, ink] = [view['width'], view['height'], view['ink'] ?? 1];
  if (input === undefined || typeof width !== 'number' || typeof height !== 'number' || typeof ink !== 'number' || !(ink > 0)) return null;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 2 || height < 2 || width > 64 || height > 64) return null;
  const tensor = signature.inputs.find((one) => one.name === input);
  if (tensor === undefined) return null;
  // Sizes that the model fixes; others, besides the number of images, are the drawing's own.
  const fixed = tensor.shape.filter((size) => size >= 0).reduce((product, size) => product * size, 1);
  const fits = tensor.shape.slice(1).some((size) => size < 0) || tensor.shape.length === 0 ? (width * height) % fixed === 0 : fixed === width * height || (tensor.shape.length === 1 && fixed === 1);
  return fits ? { input, width, height, ink } : null;
}

/** Pixels as the input's shape has them: [-1, 64], [-1, 8, 8], [-1, 1, 8, 8], [8, 8], … */
export function shaped(pixels: number[], tensor: TensorInfo, view: DrawingView): unknown {
  const sizes = tensor.shape.length <= 1 ? [view.width * view.height] : tensor.shape.map((size, at) => (size >= 0 ? size : at === 0 ? 1 : at === tensor.shape.length - 1 ? view.width : view.height));
  let flat: unknown[] = pixels;
  for (const size of sizes.slice(1).reverse()) flat = chunks(flat, size);
  return flat;
}

/** The pixels of the first image in a value; null when there are others than the view has. */
export function pixelsOf(value: unknown, view: DrawingView): number[] | null {
  let one: unknown = value;
  const count = view.width * view.height;
  for (let depth = 0; depth < 4 && Array.isArray(one); depth++) {
    const flat = (one as unknown[]).flat(4);
    if (flat.length === count && flat.every((cell) => typeof cell === 'number')) return flat as number[];
    one = one[0];
  }
  return null;
}
