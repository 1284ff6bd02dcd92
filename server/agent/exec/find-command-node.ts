/** Finds the node that runs a background command, among those that share the store. */
import type { NodeBus } from "../../lib/node-bus.ts";
import type { FindCommandNode } from "../tools/process.ts";
import type { BackgroundCommands } from "./background-commands.ts";

const topic = "command-node";

interface Question {
  readonly agentId: string;
  readonly credential: string;
  readonly id: string;
}

/** Also answers the other nodes, with the name of this one. */
export function createFindCommandNode(
  bus: NodeBus,
  nodeName: string,
  background: BackgroundCommands,
): FindCommandNode {
  bus.answer(topic, (data) => {
    const { id, ...owner } = data as Question;
    return background.find(owner, id) === undefined ? undefined : nodeName;
  });
  return async ({ agentId, credential }, id) => {
    const question: Question = { agentId, credential, id };
    const [name] = await bus.ask(topic, question);
    return name as string | undefined;
  };
}
