/** Maps an async iterable without the cost of an async generator. */

type Mapped<Event> = Event | readonly Event[] | undefined;

/** `map` returns one event, several or none, or a promise of them. If it throws, the stream ends and the source is closed. */
export function mapAsyncIterable<Item, Event extends object | string>(
  source: AsyncIterable<Item>,
  map: (item: Item) => Mapped<Event> | Promise<Mapped<Event>>,
): AsyncIterable<Event> {
  return {
    [Symbol.asyncIterator]() {
      const items = source[Symbol.asyncIterator]();
      let buffered: readonly Event[] = [];
      let next = 0;

      const mapItem = (
        item: IteratorResult<Item>,
      ): IteratorResult<Event> | Promise<IteratorResult<Event>> => {
        if (item.done === true) return { done: true, value: undefined };
        try {
          const result = map(item.value);
          return result instanceof Promise ? result.then(emitMapped, closeAndThrow) : emitMapped(result);
        } catch (error) {
          return closeAndThrow(error);
        }
      };
      const emitMapped = (result: Mapped<Event>): IteratorResult<Event> | Promise<IteratorResult<Event>> => {
        if (result === undefined) return pull();
        if (!isList(result)) return { done: false, value: result };
        buffered = result;
        next = 0;
        return buffered.length === 0 ? pull() : { done: false, value: buffered[next++] as Event };
      };
      const pull = (): Promise<IteratorResult<Event>> => items.next().then(mapItem);
      const closeAndThrow = (thrown: unknown): Promise<never> =>
        close().then(() => {
          throw thrown;
        });
      const close = async (): Promise<void> => void (await items.return?.());

      return {
        next: () =>
          next < buffered.length
            ? Promise.resolve({ done: false, value: buffered[next++] as Event })
            : pull(),
        async return() {
          await close();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function isList<Event>(result: Event | readonly Event[]): result is readonly Event[] {
  return Array.isArray(result);
}
