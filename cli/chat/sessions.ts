/** The sessions of the command line: each `chat` and each `agent TEXT` begins one. */
import type { GatewaySocket } from "../../clients/typescript/src/index.ts";

/** Key without the agent, so that the gateway adds the requested or the default agent. */
export const createSessionKey = (): string => `cli:${new Date().toISOString()}`;

const isOfCommandLine = /^agent:[^:]+:cli:/;
const pageSize = 200;
const maxPages = 10;

/** Resolves to the key of the last used session that the command line began. Throws if there is none. */
export async function findLastSession(socket: GatewaySocket, agentId: string | undefined): Promise<string> {
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const { sessions, nextCursor } = await socket.call("sessions.list", {
      limit: pageSize,
      ...(agentId !== undefined && { agentId }),
      ...(cursor !== undefined && { cursor }),
    });
    const found = sessions.find(({ key }) => isOfCommandLine.test(key));
    if (found !== undefined) return found.key;
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  throw new Error('There is no conversation to continue. `openclaw agent "TEXT"` begins one.');
}
