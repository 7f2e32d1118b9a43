import { listOf, scalarOf } from '../../lib/context.ts';
import type { DeploymentInfo, VariantInfo } from '../../lib/wire.ts';
import type { FieldType, RoutingRules, VariantBoundsInfo, VariantRequest } from '../../lib/wireRouting.ts';

/** What the editor holds until it is saved. Keys stay when a name changes, so rows keep their variant and cells their field. */
export interface DraftVariant {
  key: number; name: string; isDefault: boolean; model: string; version: string; cpu: string | number; memory: string | number; fallback: number | null;
  retries: string | number; min: string | number; max: string | number;
  /** The live variant that it is, or was copied from; null: a new one. */
  was: VariantInfo | null;
  /** Bounds that the live one has for itself. */
  had: VariantBoundsInfo | null;
}
export interface DraftField { key: number; name: string; type: FieldType; pointer: string }
export interface DraftCell { operator: string; value: string }
export interface DraftRow { key: number; variant: number; cells: Record<number, DraftCell>; weight: string | number }
export interface Draft { variants: DraftVariant[]; fields: DraftField[]; rows: DraftRow[]; identity: number | null; next: number }

export const OPERATORS: Record<FieldType, [string, string][]> = {
  string: [['eq', '='], ['ne', '≠'], ['in', 'is one of'], ['not_in', 'is none of'], ['contains', 'contains'], ['starts_with', 'starts with'], ['ends_with', 'ends with'], ['exists', 'is given'], ['not_exists', 'is not given']],
  number: [['eq', '='], ['ne', '≠'], ['gt', '>'], ['gte', '≥'], ['lt', '<'], ['lte', '≤'], ['between', 'between'], ['in', 'is one of'], ['not_in', 'is none of'], ['exists', 'is given'], ['not_exists', 'is not given']],
  boolean: [['eq', '='], ['ne', '≠'], ['exists', 'is given'], ['not_exists', 'is not given']],
  date: [['eq', '='], ['ne', '≠'], ['before', 'before'], ['after', 'after'], ['between', 'between'], ['in', 'is one of'], ['not_in', 'is none of'], ['exists', 'is given'], ['not_exists', 'is not given']],
  list: [['contains', 'contains'], ['in', 'has one of'], ['not_in', 'has none of'], ['eq', 'has the same as'], ['ne', 'differs from'], ['exists', 'is given'], ['not_exists', 'is not given']],
};

export const takesValue = (operator: string) => operator !== 'exists' && operator !== 'not_exists';
export const takesMany = (operator: string, type: FieldType) => ['in', 'not_in', 'between'].includes(operator) || (type === 'list' && (operator === 'eq' || operator === 'ne'));
export const signOf = (type: FieldType, operator: string) => OPERATORS[type].find(([word]) => word === operator)?.[1] ?? operator;

export function draftOf(deployment: DeploymentInfo): Draft {
  const live = deployment.live;
  let next = 1;
  const variants = (live?.variants ?? []).map((one): DraftVariant => {
    const bounds = deployment.autoscaling.variants?.[one.name];
    return {
      key: next++, name: one.name, isDefault: one.is_default, model: one.model, version: String(one.model_version), cpu: one.resources.cpu_cores, memory: one.resources.memory_mib, fallback: null,
      retries: one.retries ?? '', min: bounds?.min_replicas ?? '', max: bounds?.max_replicas ?? '', was: one, had: bounds ?? null,
    };
  });
  for (const one of variants) one.fallback = variants.find((other) => other.name === one.was?.fallback)?.key ?? null;
  const fields = (live?.routing?.fields ?? []).map((one): DraftField => ({ key: next++, name: one.name, type: one.type, pointer: one.pointer ?? '' }));
  const rows = (live?.routing?.rows ?? []).map((row): DraftRow => ({
    key: next++, variant: variants.find((one) => one.name === row.variant)?.key ?? 0, weight: row.weight ?? '',
    cells: Object.fromEntries(Object.entries(row.conditions ?? {}).flatMap(([name, condition]) => {
      const field = fields.find((one) => one.name === name);
      return field === undefined ? [] : [[field.key, { operator: condition.operator, value: textOf(condition.value) }]];
    })),
  }));
  return { variants, fields, rows, identity: fields.find((one) => one.name === live?.routing?.identity)?.key ?? null, next };
}

/** The table of a draft. */
export function rulesOf(draft: Draft): RoutingRules {
  const nameOf = (key: number) => draft.variants.find((one) => one.key === key)?.name ?? '';
  return {
    fields: draft.fields.map((one) => ({ name: one.name, type: one.type, ...(one.pointer === '' ? {} : { pointer: one.pointer }) })),
    rows: draft.rows.map((row) => ({
      variant: nameOf(row.variant),
      conditions: Object.fromEntries(draft.fields.flatMap((field) => {
        const cell = row.cells[field.key];
        return cell === undefined ? [] : [[field.name, { operator: cell.operator, ...(takesValue(cell.operator) ? { value: valueOf(cell, field.type) } : {}) }]];
      })),
      ...(row.weight === '' ? {} : { weight: Number(row.weight) }),
    })),
    ...(draft.identity === null ? {} : { identity: draft.fields.find((one) => one.key === draft.identity)?.name }),
  };
}

/** The default first, as a revision has them. */
export const inOrder = (draft: Draft) => draft.variants.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault));

/** The list of a draft: each says what differs from where it comes from. */
export function variantsOf(draft: Draft): VariantRequest[] {
  const number = (value: string | number) => (value === '' ? undefined : Number(value));
  // What was there and is cleared is sent as null, which takes it away.
  const cleared = (value: string | number, had: number | null | undefined, name: string) => (value !== '' ? { [name]: Number(value) } : had == null ? {} : { [name]: null });
  return inOrder(draft).map((one) => {
    const { was } = one;
    const sameModel = one.model === was?.model;
    const ofPackage = was !== null && sameModel && (one.cpu === '' || one.memory === '');   // a cleared number is the package's, and the other one stays as it is shown
    return {
      name: one.name, default: one.isDefault, ...(was === null || was.name === one.name ? {} : { from: was.name }),
      ...(sameModel ? {} : { model: one.model }), ...(sameModel && one.version === String(was?.model_version) ? {} : { version: one.version }),
      ...(one.cpu === '' || (sameModel && !ofPackage && Number(one.cpu) === was?.resources.cpu_cores) ? {} : { cpu_cores: number(one.cpu) }),
      ...(one.memory === '' || (sameModel && !ofPackage && Number(one.memory) === was?.resources.memory_mib) ? {} : { memory_mib: number(one.memory) }),
      ...(ofPackage ? { package_resources: true } : {}),
      fallback: draft.variants.find((other) => other.key === one.fallback)?.name ?? null,
      ...cleared(one.retries, was?.retries, 'retries'), ...cleared(one.min, one.had?.min_replicas, 'min_replicas'), ...cleared(one.max, one.had?.max_replicas, 'max_replicas'),
    };
  });
}

export function freeName(draft: Draft, base: string): string {
  const taken = new Set(draft.variants.map((one) => one.name));
  for (let at = 2; ; at++) if (!taken.has(`${base}-${at}`)) return `${base}-${at}`;
}

/** What was typed, as the type has it; what is no value of it stays a text, and the server says so. */
export function valueOf(cell: DraftCell, type: FieldType): unknown {
  return takesMany(cell.operator, type) ? listOf(cell.value, type) : scalarOf(cell.value.trim(), type);
}

export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.some((one) => typeof one === 'string' && (one.includes(',') || one !== one.trim() || one === '')) ? JSON.stringify(value) : value.map((one) => textOf(one)).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
