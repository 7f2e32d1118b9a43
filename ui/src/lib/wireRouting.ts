/** Variants of a revision and the table that chooses among them. */
export type FieldType = 'boolean' | 'date' | 'list' | 'number' | 'string';
export interface ContextFieldInfo { name: string; type: FieldType; pointer?: string | null }
export interface RoutingCondition { operator: string; value?: unknown }
export interface RoutingRow { variant: string; conditions?: Record<string, RoutingCondition> | null; weight?: number | null }
/** Rows from row 1 on; row 0 is the default variant's. */
export interface RoutingRules { fields?: ContextFieldInfo[] | null; rows?: RoutingRow[] | null; identity?: string | null }

/** Absent members are taken from the live variant named `from`, else from the one of the same name; null takes away what is there. */
export interface VariantRequest {
  name: string; default?: boolean; from?: string; model?: string; version?: string; cpu_cores?: number; memory_mib?: number; package_resources?: boolean; fallback?: string | null; retries?: number | null;
  min_replicas?: number | null; max_replicas?: number | null;
}
export interface VariantBoundsInfo { min_replicas: number | null; max_replicas: number | null }

export interface SimulateRequest { context?: Record<string, unknown>; input?: unknown; identity?: string; routing?: RoutingRules; variants?: string[] }
export interface SimulatedField { name: string; type: FieldType; value: unknown; source: 'context' | 'body' | 'none'; problem: string | null }
/** `field` null: the row's weight. */
export interface SimulatedCell { field: string | null; condition: string; matched: boolean; detail: string }
export interface SimulatedRow { row: number; variant: string; matched: boolean; answers: boolean; detail: string; cells: SimulatedCell[] }
export interface SimulationInfo {
  revision: number | null; variant: string; row: number; result: 'matched' | 'default_matched'; detail: string; fields: SimulatedField[]; rows: SimulatedRow[]; ignored: string[];
}

/** One variant in the last minute; `fallback_per_second` were its own and its fallback answered them. */
export interface VariantMetrics {
  revision: number; variant: string; requests_per_second: number; error_rate: number | null; p50_ms: number | null; p95_ms: number | null; fallback_per_second: number;
}
export interface RoutingRecord { values: string | null; fallback_reason: string | null }
