/** `openclaw chat`: talks with an agent, message by message. */
import { homedir } from "node:os";
import type { GatewaySocket } from "../clients/typescript/src/index.ts";
import { locateConfig } from "../server/config/locate.ts";
import type { ChatState } from "./chat/chat-state.ts";
import { runChat } from "./chat/chat-loop.ts";
import { openHistoryFile } from "./chat/history-file.ts";
import { createSessionKey, findLastSession } from "./chat/sessions.ts";
import { agentOption, defineCommand, runOptions } from "./define-command.ts";
import type { Io } from "./io.ts";
import { UsageError } from "./read-arguments.ts";
import { withSocket } from "./with-gateway.ts";

const reconnectMs = 30_000;

export const chat = defineCommand({
  name: "chat",
  summary: "talk with an agent, message by message",
  positionals: [],
  options: {
    continue: { short: "c", description: "continue the last conversation that the command line began" },
    ...agentOption,
    "session-key": { value: "KEY", description: "conversation to start or continue (default: a new one)" },
    ...runOptions,
    message: { short: "m", value: "TEXT", description: "send this message first" },
  },
  details: `Ctrl-C aborts a reply; twice, it leaves. /help lists the commands of the chat: /new, /model, /agent, /attach, /abort …
In a pipe each line of stdin is a message, and only the replies are printed, unrendered.
Exit codes: 0 left, 1 failed, 2 wrong usage, 77 credential rejected, 130 left with Ctrl-C.`,
  example: "openclaw chat --agent coder",
  async run({ options }, io) {
    if (options.continue && options["session-key"] !== undefined) {
      throw new UsageError("-c cannot be combined with --session-key");
    }
    return withSocket(io, { json: false, reconnectMs }, async (socket) => {
      const state = await createState(socket, options);
      greet(state, io);
      const { stateDir } = locateConfig(io.env, io.env["HOME"] || homedir(), process.cwd());
      const { thinking, message } = options;
      return runChat(socket, state, { thinking, message, history: openHistoryFile(stateDir) }, io);
    });
  },
});

interface ChatFlags {
  readonly continue: boolean;
  readonly agent: string | undefined;
  readonly "session-key": string | undefined;
  readonly model: string | undefined;
}

async function createState(socket: GatewaySocket, flags: ChatFlags): Promise<ChatState> {
  const { agents, defaultId } = await socket.call("agents.list");
  const sessionKey = flags.continue
    ? await findLastSession(socket, flags.agent)
    : (flags["session-key"] ?? createSessionKey());
  const id = (flags.agent ?? /^agent:([^:]+):/.exec(sessionKey)?.[1] ?? defaultId).toLowerCase();
  const agent = agents.find((candidate) => candidate.id === id);
  if (agent === undefined) {
    throw new Error(
      `There is no agent "${id}". Agents: ${agents.map((candidate) => candidate.id).join(", ")}.`,
    );
  }
  return { agents, agent, sessionKey, model: flags.model, attachments: [] };
}

function greet({ agent, model, sessionKey }: ChatState, io: Io): void {
  if (io.terminal === undefined) return;
  io.out(`${agent.name ?? agent.id} with ${model ?? agent.model.primary}, ${sessionKey}`);
  io.dim("/help lists the commands. Ctrl-C aborts a reply; twice, it leaves.");
}
