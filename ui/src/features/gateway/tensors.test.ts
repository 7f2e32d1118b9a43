import { expect, it } from 'vitest';
import type { ModelSignatureInfo, TensorInfo } from '../../lib/wire.ts';
import { bodyFormOf, drawingOf, fromField, layOut, pixelsOf, readBody, scoresOf, shaped, toField, writeBody } from './tensors.ts';

const tensor = (change: Partial<TensorInfo> = {}): TensorInfo => ({ name: 'x', datatype: 'FP32', shape: [-1, 2], dimensions: [null, null], structure: null, ...change });
const signature = (...inputs: TensorInfo[]): ModelSignatureInfo => ({
  inputs, outputs: [], producer: null, producer_version: null, graph_name: null, description: null, ir_version: 0, opsets: {}, metadata: {},
});

it('A body is read in the form of its runtime, and written back', () => {
  const one = signature(tensor());
  expect(readBody('{"inputs": {"x": [[1, 2]]}}', 'inputs', one)).toEqual({ x: [[1, 2]] });
  expect(readBody('[[1, 2]]', 'inputs', one)).toEqual({ x: [[1, 2]] });
  expect(readBody('{"x": [[1, 2]]}', 'named', one)).toEqual({ x: [[1, 2]] });
  expect(readBody('{"inputs": [[1, 2]]}', 'rows', one)).toEqual({ x: [[1, 2]] });
  for (const other of ['', '5', '{"inputs": {"y": 1}}', '{"text": 1}']) expect(readBody(other, 'inputs', one)).toBeNull();
  expect(readBody('[1]', 'inputs', signature(tensor(), tensor({ name: 'y' })))).toBeNull();
  expect(['inputs', 'named', 'rows'].map((form) => JSON.parse(writeBody({ x: [[1]] }, form as 'inputs')) as unknown)).toEqual([{ inputs: { x: [[1]] } }, { x: [[1]] }, [[1]]]);
  expect([bodyFormOf('onnx', 'onnx'), bodyFormOf('python', 'estimator'), bodyFormOf('python', 'truss')]).toEqual(['inputs', 'rows', 'named']);
});

it('A field shows a row a line, and what is typed is held to datatype and shape', () => {
  expect(toField([[1, 2], [3, 4]], tensor())).toBe('1, 2\n3, 4');
  expect(fromField('1, 2\n3 4\n', tensor())).toEqual({ value: [[1, 2], [3, 4]], error: null, note: '2 rows of 2' });
  expect(fromField('[[1, 2]]', tensor())).toMatchObject({ value: [[1, 2]] });
  expect(fromField('1 2 3', tensor({ shape: [3] }))).toMatchObject({ value: [1, 2, 3] });
  expect(fromField('ja, wohl\nnein', tensor({ datatype: 'BYTES', shape: [-1, 1] }))).toMatchObject({ value: [['ja, wohl'], ['nein']] });
  expect(fromField('true false', tensor({ datatype: 'BOOL', shape: [-1] }))).toMatchObject({ value: [true, false] });
  const errors: [string, Partial<TensorInfo>, string][] = [
    ['1', {}, 'Line 1 has 1 value; 2 are expected.'], ['1 a', {}, 'Line 1: “a” is not a number.'], ['1.5 2', { datatype: 'INT64' }, 'Line 1: “1.5” is not a whole number.'], ['', {}, 'Nothing is entered.'],
    ['1 2', { shape: [3] }, 'Of 3 values there are 2.'], ['1 2', { shape: [2, 2] }, 'Of 2 rows there are 1.'], ['[1', {}, 'Not valid JSON.'], ['1 2', { shape: [1, 1, 2] }, 'Not valid JSON.'],
  ];
  for (const [text, change, error] of errors) expect(fromField(text, tensor(change)).error).toBe(error);
});

it('A scalar is one value, alone in its field and in the body', () => {
  const sr = tensor({ name: 'sr', datatype: 'INT64', shape: [], dimensions: [] });
  expect([toField(16000, sr), toField(0, sr), toField(undefined, sr)]).toEqual(['16000', '0', '']);
  expect(fromField(' 16000 ', sr)).toEqual({ value: 16000, error: null, note: 'one value' });
  expect(fromField('0.5', tensor({ shape: [] }))).toMatchObject({ value: 0.5 });
  expect(fromField('true', tensor({ datatype: 'BOOL', shape: [] }))).toMatchObject({ value: true });
  const text = tensor({ datatype: 'BYTES', shape: [] });
  expect(toField('[a, b]', text)).toBe('[a, b]');
  expect(fromField('[a, b]', text)).toMatchObject({ value: '[a, b]' });
  for (const [typed, error] of [
    ['', 'Nothing is entered.'], ['1 2', 'One value is expected, not a list.'], ['[16000]', 'One value is expected, not a list.'], ['1.5', '“1.5” is not a whole number.'],
    ['9007199254740993', '9007199254740993 is beyond 2^53, where this form would round it; enter it as JSON.'],
  ] as const) expect(fromField(typed, sr).error).toBe(error);

  const both = signature(tensor(), sr);
  const sample = '{"inputs": {"x": [[1, 2]], "sr": 0}}';   // as the server makes one
  const read = readBody(sample, 'inputs', both);
  expect(read).toEqual({ x: [[1, 2]], sr: 0 });
  expect(both.inputs.map((one) => fromField(toField(read?.[one.name], one), one).error)).toEqual([null, null]);
  expect(JSON.parse(writeBody({ ...read, sr: 16000 }, 'inputs'))).toEqual({ inputs: { x: [[1, 2]], sr: 16000 } });
  for (const body of ['{"inputs": {"sr": 5}}', '{"inputs": 5}', '5']) expect(readBody(body, 'inputs', signature(sr))).toEqual({ sr: 5 });
  for (const other of ['null', '{"inputs": null}']) expect(readBody(other, 'inputs', signature(sr))).toBeNull();
});

it('Whole numbers that this form would round are refused, and left to the JSON editor', () => {
  const id = tensor({ datatype: 'INT64', shape: [-1] });
  const beyond = 'is beyond 2^53, where this form would round it; enter it as JSON.';
  expect(fromField('9007199254740991 -9007199254740991', id)).toMatchObject({ value: [9007199254740991, -9007199254740991] });
  expect(fromField('1 9007199254740993', id).error).toBe(`Line 1: 9007199254740993 ${beyond}`);
  expect(fromField('[1, 9007199254740993]', id).error).toBe(`9007199254740993 ${beyond}`);
  expect(fromField('[[[1], [9007199254740992]]]', tensor({ datatype: 'UINT64', shape: [1, 2, 1] })).error).toBe(`9007199254740992 ${beyond}`);
  expect(fromField('9007199254740993 1e300', tensor()).error).toBeNull();   // a number of floating point is not exact anyway
  const one = signature(id);
  expect(readBody('{"inputs": {"x": [9007199254740991]}}', 'inputs', one)).toEqual({ x: [9007199254740991] });
  for (const body of ['{"inputs": {"x": [9007199254740993]}}', '{"inputs": {"x": [1, -18446744073709551615]}}', '[9223372036854775807]']) expect(readBody(body, 'inputs', one)).toBeNull();
  // What a field of floating-point numbers wrote, it reads again.
  const large = fromField('12345678901234567890 1', tensor());
  expect(readBody(writeBody({ x: large.value }, 'inputs'), 'inputs', signature(tensor()))).toEqual({ x: large.value });
});

it('JSON is laid out with each innermost list on its line', () => {
  expect(layOut({ inputs: { x: [[1, 2], ['a,b', true]] } })).toBe('{\n  "inputs": {\n    "x": [\n      [1, 2],\n      ["a,b", true]\n    ]\n  }\n}');
  const text = layOut({ t: ['a,"b', 'c,', ''] });
  expect(JSON.parse(text)).toEqual({ t: ['a,"b', 'c,', ''] });
});

it('Class scores are found as a list, by class, or in an envelope; anything else is none', () => {
  expect(scoresOf('{"result": {"digit": [3], "p": [[0.1, 0.9]]}}')).toEqual({ name: 'p', scores: [{ label: '0', share: 0.1 }, { label: '1', share: 0.9 }] });
  expect(scoresOf('{"p": {"cat": 0.4, "dog": 0.6}}')?.scores.map((one) => one.label)).toEqual(['cat', 'dog']);
  for (const none of ['', '[0.5, 0.5]', '{"p": [0.5, 0.6]}', '{"p": [1]}', '{"p": ["a", "b"]}', '{"p": [2, -1]}']) expect(scoresOf(none)).toBeNull();
});

it('A drawing fits its input, in whatever shape that has', () => {
  const view = { kind: 'drawing', input: 'x', width: 2, height: 3, ink: 9 };
  const pixels = [1, 2, 3, 4, 5, 6];
  for (const [shape, expected] of [[[-1, 6], [pixels]], [[-1, 3, 2], [[[1, 2], [3, 4], [5, 6]]]], [[1, 1, -1, -1], [[[[1, 2], [3, 4], [5, 6]]]]], [[6], pixels]] as [number[], unknown][]) {
    const one = tensor({ shape, dimensions: shape.map(() => null) });
    const found = drawingOf(view, signature(one));
    expect(found).toEqual({ input: 'x', width: 2, height: 3, ink: 9 });
    if (found === null) continue;
    expect(shaped(pixels, one, found)).toEqual(expected);
    expect(pixelsOf(expected, found)).toEqual(pixels);
  }
  for (const bad of [null, {}, { ...view, kind: 'map' }, { ...view, input: 'z' }, { ...view, width: 1 }, { ...view, width: 2.5 }, { ...view, ink: 0 }, { ...view, height: 4 }]) {
    expect(drawingOf(bad, signature(tensor({ shape: [-1, 6] })))).toBeNull();
  }
});
