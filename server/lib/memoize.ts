/** Results that are kept. Further ones are made for each call. */
const maxResults = 1_000;

/** Returns `create` with its results kept by key. */
export function memoize<Result>(create: (key: string) => Result): (key: string) => Result {
  const results = new Map<string, Result>();
  return (key) => {
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = create(key);
    if (results.size < maxResults) results.set(key, result);
    return result;
  };
}
