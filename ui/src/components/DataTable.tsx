import { ActionIcon, Button, Checkbox, Menu } from '@mantine/core';
import { columnVisibilityFeature, createColumnHelper, createSortedRowModel, rowSortingFeature, sortFn_basic, tableFeatures, useTable, type SortingState } from '@tanstack/react-table';
import { ArrowDown, ArrowUp, Columns3 } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import { useLocalStorage } from '@mantine/hooks';

export interface Column<T> {
  id: string;
  /** With the unit where the column holds bare numbers. */
  header: string;
  cell: (row: T) => ReactNode;
  /** What to sort by here; a column without is not sortable. While only some rows are loaded nothing is: the first of them would pass for the first of all. */
  sort?: (row: T) => string | number | null | undefined;
  /** The server's word for this order: its heading asks there, whatever is loaded. */
  order?: string;
  numeric?: boolean;
  /** Cannot be hidden. */
  fixed?: boolean;
  /** Hidden until somebody chooses it. */
  hidden?: boolean;
}

/** The server's order, and how another one is asked for. */
export interface Order { by: string; descending: boolean; set: (by: string, descending: boolean) => void }

const features = tableFeatures({ rowSortingFeature, columnVisibilityFeature, sortedRowModel: createSortedRowModel(), sortFns: { basic: sortFn_basic } });

const NO_SORTING: SortingState = [];
const PARTLY = 'Only some of the rows are loaded. Load the rest, or search for fewer, to sort by this.';

/**
 * The one table: sortable where all rows are loaded or the server has an order for it, chosen columns remembered under `name`, rows open with click and Enter, more rows on demand.
 * `rows` must be stable between renders.
 */
export function DataTable<T extends object>({ name, label, rows, columns, rowKey, onOpen, order, more, loadingMore }: {
  name: string;
  label: string;
  rows: T[];
  columns: Column<T>[];
  rowKey: (row: T) => string;
  onOpen?: (row: T) => void;
  order?: Order;
  /** Set while there are more rows at the server. */
  more?: () => void;
  loadingMore?: boolean;
}) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const [chosen, setChosen] = useLocalStorage<Record<string, boolean>>({ key: `slipway-columns-${name}`, defaultValue: {}, getInitialValueInEffect: false });
  const visibility = useMemo(
    () => Object.fromEntries(columns.map((column) => [column.id, column.fixed === true || (chosen[column.id] ?? column.hidden !== true)])),
    [columns, chosen]);
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, T>();
    return helper.columns(columns.map((column) => helper.accessor((row: T) => column.sort?.(row) ?? undefined, {
      id: column.id, header: column.header, enableSorting: column.sort !== undefined && column.order === undefined, sortFn: 'basic', sortUndefined: 'last',
    })));
  }, [columns]);
  const used = more === undefined ? sorting : NO_SORTING;
  const table = useTable({
    features, columns: definitions, data: rows, getRowId: rowKey, state: { sorting: used, columnVisibility: visibility }, onSortingChange: setSorting,
  });

  // The server's order where the column has one; else the one of here, where there is nothing that it would leave out.
  const sortOf = (id: string, here: false | 'asc' | 'desc', sortHere: ((event: unknown) => void) | undefined) => {
    const by = byId.get(id)?.order;
    if (by === undefined || order === undefined) return more === undefined ? { sorted: here, sort: sortHere } : { sorted: false, sort: undefined };
    const isBy = by === order.by && used.length === 0;
    return {
      sorted: isBy && (order.descending ? 'desc' : 'asc'),
      sort: () => { setSorting(NO_SORTING); order.set(by, isBy ? !order.descending : byId.get(id)?.numeric === true); },
    };
  };

  const hideable = columns.filter((column) => column.fixed !== true);
  return (
    <div>
      <div className="sw-table-wrap" tabIndex={-1}>
        <table className="sw-table" aria-label={label}>
          <thead>
            {table.getHeaderGroups().map((group) => (
              <tr key={group.id}>
                {group.headers.map((header, index) => {
                  const column = byId.get(header.column.id);
                  const { sorted, sort } = sortOf(header.column.id, header.column.getIsSorted(), header.column.getCanSort() ? header.column.getToggleSortingHandler() : undefined);
                  const last = index === group.headers.length - 1;
                  return (
                    <th key={header.id} scope="col" className={column?.numeric === true ? 'sw-right' : undefined}
                      aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined}>
                      {sort === undefined ? <span title={column?.sort !== undefined && more !== undefined ? PARTLY : undefined}>{column?.header}</span> : (
                        <button type="button" onClick={sort}>
                          {column?.header}
                          {sorted === 'asc' ? <ArrowUp size={12} aria-hidden /> : sorted === 'desc' ? <ArrowDown size={12} aria-hidden /> : null}
                        </button>
                      )}
                      {last && hideable.length > 2 ? <ColumnChoice columns={hideable} visible={visibility} onChange={setChosen} /> : null}
                    </th>
                  );
                })}
              </tr>
            ))}
          </thead>
          <tbody>
            {table.getRowModel().rows.map((row) => (
              <tr key={row.id} tabIndex={onOpen === undefined ? undefined : 0}
                onClick={onOpen === undefined ? undefined : (event) => {
                  const target = event.target as HTMLElement;
                  if (target.closest('a,button,input,label,[role=menu]') === null && window.getSelection()?.toString() === '') onOpen(row.original);
                }}
                onKeyDown={onOpen === undefined ? undefined : (event) => {
                  if (event.key === 'Enter' && event.target === event.currentTarget) onOpen(row.original);
                }}>
                {row.getVisibleCells().map((cell) => {
                  const column = byId.get(cell.column.id);
                  return <td key={cell.id} className={column?.numeric === true ? 'sw-right' : undefined}>{column?.cell(row.original)}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more === undefined ? null : (
        <div style={{ padding: 10, textAlign: 'center' }}><Button variant="default" size="xs" loading={loadingMore} onClick={more}>Load more</Button></div>
      )}
    </div>
  );
}

function ColumnChoice<T>({ columns, visible, onChange }: {
  columns: Column<T>[]; visible: Record<string, boolean>; onChange: (update: (old: Record<string, boolean>) => Record<string, boolean>) => void;
}) {
  return (
    <Menu closeOnItemClick={false} position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="xs" aria-label="Choose columns" title="Choose columns" ml={6} style={{ verticalAlign: 'middle' }}>
          <Columns3 size={13} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {columns.map((column) => (
          <Menu.Item key={column.id} onClick={() => { onChange((old) => ({ ...old, [column.id]: visible[column.id] !== true })); }}>
            <Checkbox size="xs" readOnly tabIndex={-1} checked={visible[column.id] === true} label={column.header} style={{ pointerEvents: 'none' }} />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
