/** Item ids contain the id of their response, so an item can be found by its id alone. */

/** Returns for instance `msg_<response>_<index>`; the index must be unique within the response. */
export function createItemId(kind: string, responseId: string, index: string | number): string {
  return `${kind}_${stripPrefix(responseId)}_${index}`;
}

/** Returns undefined for an id that `createItemId` did not create. */
export function findResponseId(id: string): string | undefined {
  const name = /^[a-z]+_(.+)_\w+$/.exec(id)?.[1];
  return name === undefined ? undefined : `resp_${name}`;
}

const stripPrefix = (responseId: string): string => responseId.replace(/^resp_/, "");
