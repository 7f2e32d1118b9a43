import { Skeleton } from '@mantine/core';

/** As high as a table of so many rows. */
export function TableSkeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div style={{ padding: '10px 12px' }}>
      <Skeleton height={12} width="40%" mb={16} />
      {Array.from({ length: rows }, (_, row) => <Skeleton key={row} height={18} mb={17} />)}
    </div>
  );
}

export function BlockSkeleton({ height = 160 }: { height?: number }) {
  return <Skeleton height={height} radius={8} />;
}
