/** Lists that come in pages: the first page as a promise, and a loop over the items of all pages. */
import type { ApiPromise, WithRequestId } from "./api-promise.ts";

/** One page: the fields of the reply, and the way to the next page. The loop continues with the items of later pages. */
export type Page<Reply, Item> = Reply & WithRequestId & PageMethods<Reply, Item>;

export interface PageMethods<Reply, Item> extends AsyncIterable<Item> {
  hasNextPage(): boolean;
  /** Resolves to the next page. Rejects when there is none. */
  getNextPage(): Promise<Page<Reply, Item>>;
  /** Yields this page and all later ones. Each is requested when the loop gets to it. */
  iterPages(): AsyncIterable<Page<Reply, Item>>;
}

/** Resolves to the first page. A loop over it yields the items of all pages, which are requested as it reads them. */
export interface PagePromise<Reply, Item> extends ApiPromise<Page<Reply, Item>>, AsyncIterable<Item> {}

interface PageSource<Reply extends object, Item, Cursor> {
  /** Requests the page at `cursor`; the first one without. `finish` must complete its reply. */
  request(
    cursor: Cursor | undefined,
    finish: (reply: Reply) => Page<Reply, Item>,
  ): ApiPromise<Page<Reply, Item>>;
  getItems(reply: Reply): readonly Item[];
  /** Undefined or null after the last page. */
  getNextCursor(reply: Reply): Cursor | null | undefined;
}

export function requestPages<Reply extends object, Item, Cursor>({
  request,
  getItems,
  getNextCursor,
}: PageSource<Reply, Item, Cursor>): PagePromise<Reply, Item> {
  type ThisPage = Page<Reply, Item>;

  const requestPage = (cursor: Cursor | undefined): ApiPromise<ThisPage> => request(cursor, toPage);
  const toPage = (reply: Reply): ThisPage => {
    const cursor = getNextCursor(reply) ?? undefined;
    const page = reply as ThisPage;
    const getNextPage = async (): Promise<ThisPage> => {
      if (cursor === undefined) throw new TypeError("There is no next page: call hasNextPage() first.");
      return requestPage(cursor);
    };
    async function* iterPages(): AsyncGenerator<ThisPage, void> {
      for (let current = page; ; current = await current.getNextPage()) {
        yield current;
        if (!current.hasNextPage()) return;
      }
    }
    const methods = {
      hasNextPage: () => cursor !== undefined,
      getNextPage,
      iterPages,
      [Symbol.asyncIterator]: () => iterateItems(iterPages()),
    };
    // Not enumerable: a page is printed, copied and compared like the reply.
    for (const key of Reflect.ownKeys(methods)) {
      Object.defineProperty(page, key, { value: methods[key as keyof typeof methods] });
    }
    return page;
  };
  async function* iterateItems(pages: AsyncIterable<ThisPage>): AsyncGenerator<Item, void> {
    for await (const page of pages) yield* getItems(page);
  }

  const first = requestPage(undefined);
  return Object.assign(first, {
    [Symbol.asyncIterator]: async function* (): AsyncGenerator<Item, void> {
      yield* await first;
    },
  });
}
