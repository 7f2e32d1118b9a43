import { useInfiniteQuery, type QueryKey } from '@tanstack/react-query';
import { get } from './http.ts';
import type { Query } from './paths.ts';
import type { Page } from './wire.ts';

/** Whether two keys ask for one list, with other filters at most: their segments are the same. */
const sameList = (a: QueryKey, b: QueryKey) => JSON.stringify(a.filter((one) => typeof one === 'string')) === JSON.stringify(b.filter((one) => typeof one === 'string'));

/** A list that the server hands out in pages: everything loaded so far, and how to get more. While a filter changes the rows before it stay. */
export function usePages<T>(key: QueryKey, path: string, query: Query, limit = 50, enabled = true) {
  const result = useInfiniteQuery({
    queryKey: key,
    enabled,
    queryFn: ({ pageParam, signal }) => get<Page<T>>(path, { ...query, limit, page_token: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_page_token,
    select: (data) => data.pages.flatMap((page) => page.items),
    placeholderData: (previous, query) => (query !== undefined && sameList(query.queryKey, key) ? previous : undefined),
  });
  return result;
}
