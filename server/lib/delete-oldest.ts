/** Keeps a map within its bound. */

/** Deletes the entry that was added first. Does nothing to an empty map. */
export function deleteOldest(map: Map<unknown, unknown>): void {
  map.delete(map.keys().next().value);
}
