/** Item ids contain the id of their response or conversation, so an item can be found by its id alone. */

/** Returns for instance `msg_<response>_<index>`; the index must be unique within the response. */
export function createItemId(kind: string, responseId: string, index: string | number): string {
  return `${kind}_${stripPrefix(responseId)}_${index}`;
}

/** The prefix of the run id of items that are added to a conversation. Their ids then contain the id of the conversation. */
export const toAdditionPrefix = (conversationId: string): string => `${conversationId}_`;

/** Returns the id of the response or the conversation. Undefined for an id that `createItemId` did not create. */
export function findItemOwner(id: string): string | undefined {
  const name = /^[a-z]+_(.+)_\w+$/.exec(id)?.[1];
  if (name === undefined) return undefined;
  return isConversationId(name) ? name.split("_", 2).join("_") : `resp_${name}`;
}

export const isConversationId = (id: string): boolean => id.startsWith("conv_");

const stripPrefix = (responseId: string): string => responseId.replace(/^resp_/, "");
