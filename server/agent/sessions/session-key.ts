/** Keys of sessions in their full form: a bare one belongs to the agent that is meant. */

export function fullKey(key: string, agentId: string): string {
  const named = /^agent:([^:]+):(.+)$/i.exec(key);
  return named === null ? `agent:${agentId}:${key}` : `agent:${named[1]?.toLowerCase()}:${named[2]}`;
}
