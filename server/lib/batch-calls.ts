/** One call at a time. Items that arrive while it is under way go into the next call, together. */

/**
 * Returns a function that resolves to the result of its item. `call` resolves to one result for each item, in order; all items of a
 * call that rejects reject with its error.
 */
export function batchCalls<Item, Result>(
  call: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  let pending: { readonly item: Item; readonly result: PromiseWithResolvers<Result> }[] = [];
  let isCalling = false;

  const callAll = async (): Promise<void> => {
    isCalling = true;
    while (pending.length > 0) {
      const batch = pending;
      pending = [];
      try {
        const results = await call(batch.map(({ item }) => item));
        for (const [index, { result }] of batch.entries()) result.resolve(results[index] as Result);
      } catch (error) {
        for (const { result } of batch) result.reject(error);
      }
    }
    isCalling = false;
  };
  return (item) => {
    const result = Promise.withResolvers<Result>();
    pending.push({ item, result });
    if (!isCalling) void callAll();
    return result.promise;
  };
}
