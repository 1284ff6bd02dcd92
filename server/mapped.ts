/** The items of a source as the events of a stream: mapped as they pass, without a generator between the two. */

type Made<Event> = Event | readonly Event[] | undefined;

/** `map` gives one event, several or none for an item, now or later. What it throws ends the stream, and the source with it. */
export function mapped<Item, Event extends object | string>(
  source: AsyncIterable<Item>,
  map: (item: Item) => Made<Event> | Promise<Made<Event>>,
): AsyncIterable<Event> {
  return {
    [Symbol.asyncIterator]() {
      const items = source[Symbol.asyncIterator]();
      let waiting: readonly Event[] = [];
      let next = 0;

      const take = (item: IteratorResult<Item>): IteratorResult<Event> | Promise<IteratorResult<Event>> => {
        if (item.done === true) return { done: true, value: undefined };
        try {
          const made = map(item.value);
          return made instanceof Promise ? made.then(deliver, fail) : deliver(made);
        } catch (error) {
          return fail(error);
        }
      };
      const deliver = (made: Made<Event>): IteratorResult<Event> | Promise<IteratorResult<Event>> => {
        if (made === undefined) return pull();
        if (!isList(made)) return { done: false, value: made };
        waiting = made;
        next = 0;
        return waiting.length === 0 ? pull() : { done: false, value: waiting[next++] as Event };
      };
      const pull = (): Promise<IteratorResult<Event>> => items.next().then(take);
      const fail = (thrown: unknown): Promise<never> =>
        close().then(() => {
          throw thrown;
        });
      const close = async (): Promise<void> => void (await items.return?.());

      return {
        next: () =>
          next < waiting.length ? Promise.resolve({ done: false, value: waiting[next++] as Event }) : pull(),
        async return() {
          await close();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function isList<Event>(made: Event | readonly Event[]): made is readonly Event[] {
  return Array.isArray(made);
}
