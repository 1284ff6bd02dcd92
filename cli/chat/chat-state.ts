/** What a chat knows between two messages, and its commands. */
import type { GatewaySocket, SocketMethods } from "../../clients/typescript/src/index.ts";
import { suggest } from "../../server/lib/did-you-mean.ts";
import { readAttachment, type Attachment } from "./attachments.ts";
import { createSessionKey } from "./sessions.ts";

type Agent = SocketMethods["agents.list"]["result"]["agents"][number];

export interface ChatState {
  readonly agents: readonly Agent[];
  agent: Agent;
  sessionKey: string;
  model: string | undefined;
  attachments: readonly Attachment[];
}

interface ChatCommand {
  readonly argument?: string;
  readonly summary: string;
  /** Resolves to the lines to print, or to `leave`. */
  run(argument: string, state: ChatState, socket: GatewaySocket): Promise<readonly string[] | "leave">;
}

const leave: ChatCommand = { summary: "leave (also Ctrl-D)", run: () => Promise.resolve("leave") };

export const chatCommands: Readonly<Record<string, ChatCommand>> = {
  "/new": {
    summary: "begin a new conversation",
    run(_, state) {
      state.sessionKey = createSessionKey();
      return Promise.resolve(["A new conversation."]);
    },
  },
  "/model": {
    argument: "PROVIDER/ID",
    summary: "use another model, or list the models",
    async run(argument, state, socket) {
      const models = await listModels(state, socket);
      const current = state.model ?? state.agent.model.primary;
      if (argument === "") return models.map((id) => `${id === current ? "*" : " "} ${id}`);
      requireKnown("model", argument, models);
      state.model = argument;
      return [`The model is ${argument}.`];
    },
  },
  "/agent": {
    argument: "ID",
    summary: "talk to another agent in a new conversation, or list the agents",
    run(argument, state) {
      const ids = state.agents.map(({ id }) => id);
      if (argument === "")
        return Promise.resolve(ids.map((id) => `${id === state.agent.id ? "*" : " "} ${id}`));
      requireKnown("agent", argument, ids);
      state.agent = state.agents.find(({ id }) => id === argument) ?? state.agent;
      state.model = undefined;
      state.sessionKey = createSessionKey();
      return Promise.resolve([`The agent is ${argument}, in a new conversation.`]);
    },
  },
  "/attach": {
    argument: "FILE",
    summary: "send an image or a document with the next message",
    run(argument, state) {
      if (argument === "") throw new Error("/attach needs the name of a file.");
      const attachment = readAttachment(argument);
      state.attachments = [...state.attachments, attachment];
      return Promise.resolve([`${attachment.fileName} goes with the next message.`]);
    },
  },
  "/abort": {
    summary: "abort the reply (also Ctrl-C)",
    run: () => Promise.resolve(["There is no reply to abort."]),
  },
  "/help": { summary: "list the commands", run: () => Promise.resolve(formatHelp()) },
  "/exit": leave,
  "/quit": leave,
};

/** Throws for an unknown command. */
export async function runChatCommand(
  line: string,
  state: ChatState,
  socket: GatewaySocket,
): Promise<readonly string[] | "leave"> {
  const [name = "", ...rest] = line.trim().split(/\s+/);
  const command = Object.hasOwn(chatCommands, name) ? chatCommands[name] : undefined;
  if (command !== undefined) return command.run(rest.join(" "), state, socket);
  const suggestion = suggest(name, Object.keys(chatCommands));
  const hint = suggestion === undefined ? "/help lists the commands." : `Did you mean ${suggestion}?`;
  throw new Error(
    `There is no command ${name}. ${hint} A message that begins with / is written with two: //`,
  );
}

export async function listModels(state: ChatState, socket: GatewaySocket): Promise<readonly string[]> {
  const { models } = await socket.call("models.list", { agentId: state.agent.id });
  return models.map(({ id }) => id);
}

function requireKnown(kind: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const suggestion = suggest(name, known);
  throw new Error(
    `There is no ${kind} ${name}. ${suggestion === undefined ? `/${kind} lists them.` : `Did you mean ${suggestion}?`}`,
  );
}

function formatHelp(): readonly string[] {
  return [
    ...Object.entries(chatCommands).map(
      ([name, { argument, summary }]) =>
        `${argument === undefined ? name : `${name} ${argument}`}: ${summary}`,
    ),
    'A line that ends with \\ goes on in the next one; so does a text between """.',
  ];
}
