/** Resolves the route of a request: its agent, its models and its session key. Knows no transport. */
import { createHash } from "node:crypto";
import { limits } from "../../contracts/limits.ts";
import { operator } from "../lib/credential-names.ts";
import { GatewayError } from "../lib/errors.ts";
import { matchesGlob } from "../lib/matches-glob.ts";
import { truncateText } from "../lib/truncate-text.ts";
import type { Agents, GetAgents } from "./agents.ts";
import {
  buildSessionKey,
  buildUserName,
  findConversationId,
  hookPrefix,
  isReservedForOther,
  removePrefix,
} from "./sessions/session-keys.ts";
import type { Agent, NamedModel } from "./types.ts";

export interface RouteOptions {
  /** Aliases of model names. */
  readonly modelAliases: Readonly<Record<string, string>>;
  readonly unknownModel: "default" | "reject";
  readonly userSession: "on" | "off";
  /** Finds any model of a configured provider, for the shared secret. */
  readonly findModel?: (ref: string) => NamedModel | undefined;
}

/** The fields of a request that decide its route. */
export interface RouteRequest {
  readonly surface: "chat" | "responses" | "messages" | "embeddings" | "tools" | "mcp" | "hooks" | "socket";
  readonly credential: string;
  readonly agentId: string | undefined;
  readonly model: string | undefined;
  readonly sessionKey: string | undefined;
  readonly user: string | undefined;
  /** All headers of the request. An agent's `sessionHeaders` name those that select a session. */
  readonly headers?: RequestHeaders | undefined;
  readonly backendModel: string | undefined;
  /** Names of the fields for error messages. Default: the names of the headers. */
  readonly fields?: { readonly agentId: string; readonly sessionKey: string; readonly model?: string };
}

/** As Node.js has them: names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Route {
  readonly agent: Agent;
  readonly models: readonly NamedModel[];
  /** Full key. Absent for an ephemeral run. */
  readonly sessionKey: string | undefined;
  /** Label of the session, if this request creates it: what the client calls the conversation. */
  readonly sessionLabel?: string;
}

export type FindRoute = (request: RouteRequest) => Route;

const agentHeader = "x-openclaw-agent-id";
const sessionHeader = "x-openclaw-session-key";
const modelHeader = "x-openclaw-model";
const maxLabelLength = 200;
const reservedPrefixes = ["subagent:", "cron:", "acp:", hookPrefix, "conv:"];

/** Throws `model_not_found` (404) or `invalid_session_key` (400). */
export function createRouter(getAgents: GetAgents, options: RouteOptions): FindRoute {
  return (request) => {
    const { credential, fields } = request;
    const { sessionKey = sessionHeader } = fields ?? {};
    const key = request.sessionKey === undefined ? undefined : parseKey(request, sessionKey);
    const agent = chooseAgent(request, key?.agentId, getAgents(credential));
    if (key?.agentId !== undefined && key.agentId !== agent.id) {
      throw createInvalidKeyError(
        `the key is of the agent "${key.agentId}", the request goes to "${agent.id}"; send one of the two, or the same in both`,
        sessionKey,
      );
    }
    return {
      agent,
      models: chooseModels(agent, request, options),
      ...chooseSession(request, agent, key),
    };
  };

  function chooseAgent(
    { agentId, model, fields }: RouteRequest,
    keyAgentId: string | undefined,
    agents: Agents,
  ): Agent {
    if (agentId !== undefined) return requireAgent(agentId, fields?.agentId ?? agentHeader, agents);
    const agentRef = model === undefined ? undefined : parseAgentModel(model, options.modelAliases);
    if (agentRef === "default") return agents.default;
    if (agentRef !== undefined) return requireAgent(agentRef.id, "model", agents);
    if (keyAgentId !== undefined)
      return requireAgent(keyAgentId, fields?.sessionKey ?? sessionHeader, agents);
    if (model === undefined || options.unknownModel === "default") return agents.default;
    throw new GatewayError(
      "model_not_found",
      `No model ${JSON.stringify(model.slice(0, 100))}. Models: ${listModelNames(agents).join(", ")}.`,
      { param: "model" },
    );
  }

  function requireAgent(id: string, param: string, agents: Agents): Agent {
    const agent = agents.find(id);
    if (agent !== undefined) return agent;
    throw new GatewayError(
      "model_not_found",
      `No agent ${JSON.stringify(id.slice(0, 64))}. Agents: ${agents.ids.join(", ")}.`,
      { param },
    );
  }

  function chooseSession(
    { surface, credential, user, headers = {} }: RouteRequest,
    agent: Agent,
    key: SessionKey | undefined,
  ): Pick<Route, "sessionKey" | "sessionLabel"> {
    if (key !== undefined) return { sessionKey: buildSessionKey(agent.id, key.name, credential) };
    const toSession = (name: string, ...identity: readonly string[]): ReturnType<typeof chooseSession> => {
      const hash = createHash("sha256").update(JSON.stringify([...identity, credential, agent.id, name]));
      const userName = buildUserName(hash.digest("base64url").slice(0, 32));
      return {
        sessionKey: buildSessionKey(agent.id, userName, credential),
        sessionLabel: truncateText(name.trim(), maxLabelLength),
      };
    };
    for (const header of agent.sessionHeaders ?? []) {
      const value = headers[header];
      if (typeof value === "string" && value.trim() !== "") return toSession(value, "header", header);
    }
    if (user === undefined || user.trim() === "" || options.userSession === "off")
      return { sessionKey: undefined };
    return toSession(user, surface);
  }
}

/** Returns the values of `model` for clients that choose from a list: the default agent, and every agent by its id. */
export function listModelNames(
  { ids }: Agents,
  style: "colon" | "slash" | "both" = "colon",
): readonly string[] {
  if (ids.length === 0) return [];
  const withColon = ids.map((id) => `openclaw:${id}`);
  const withSlash = ["default", ...ids].map((id) => `openclaw/${id}`);
  return ["openclaw", ...(style === "slash" ? [] : withColon), ...(style === "colon" ? [] : withSlash)];
}

/** The prefix of agents' names for clients that know names with `claude` only. */
export const claudePrefix = "claude-openclaw-";

/** Returns the agent that a model name or its alias refers to. Undefined for a name that refers to no agent. */
export function parseAgentModel(
  model: string,
  aliases: RouteOptions["modelAliases"],
): "default" | { readonly id: string } | undefined {
  const name = findAlias(model, aliases) ?? model;
  if (/^openclaw(\/default)?$/i.test(name)) return "default";
  const id = /^(?:openclaw[:/]|agent:|claude-openclaw-)(.*)$/i.exec(name)?.[1];
  return id === undefined ? undefined : { id };
}

/** An alias that is the name itself comes first, then the first pattern that matches it. */
function findAlias(model: string, aliases: RouteOptions["modelAliases"]): string | undefined {
  if (Object.hasOwn(aliases, model)) return aliases[model];
  return Object.entries(aliases).find(([alias]) => alias.includes("*") && matchesGlob(model, alias))?.[1];
}

function chooseModels(
  agent: Agent,
  { credential, backendModel: ref, fields }: RouteRequest,
  { findModel }: RouteOptions,
): readonly NamedModel[] {
  if (ref === undefined) return agent.models;
  const param = fields?.model ?? modelHeader;
  const { offeredModels } = agent;
  const offered = offeredModels.find(ref);
  // The operator configures the agents, and could offer the model itself.
  const mayUseOthers = credential === operator && offeredModels.isOpenToOperator;
  const model = offered ?? (mayUseOthers ? findModel?.(ref) : undefined);
  if (model !== undefined) return [model];
  const allowed = [...offeredModels.list.map((each) => each.ref), ...offeredModels.patterns].join(", ");
  throw new GatewayError(
    "model_not_found",
    `The agent "${agent.id}" does not offer the model ${JSON.stringify(ref.slice(0, 100))}. ${allowed === "" ? "It offers none by name; agents.defaults.models lists them." : `It offers: ${allowed}.`}`,
    { param },
  );
}

interface SessionKey {
  /** The agent in a full key. Absent in a short one. */
  readonly agentId: string | undefined;
  readonly name: string;
}

/** `field` is the name of the field for error messages. */
function parseKey({ surface, sessionKey: key = "", credential }: RouteRequest, field: string): SessionKey {
  const match = /^agent:([^:]*):(.*)$/i.exec(key);
  if (match === null && /^agent:/i.test(key))
    throw createInvalidKeyError("the full form of a key is agent:<agent id>:<key>", field);
  const agentId = match?.[1]?.toLowerCase();
  const name = match?.[2] ?? key;
  if (name === "" || agentId === "")
    throw createInvalidKeyError(
      "the full form of a key is agent:<agent id>:<key>, with neither part empty",
      field,
    );
  if (isReservedForOther(name, credential))
    throw createInvalidKeyError(
      'keys that begin with "key:" are reserved: "key:<name of the key>:" is the prefix of the sessions of a key',
      field,
    );
  const chosenName = removePrefix(name, credential);
  if (chosenName.length > limits.sessionKey)
    throw createInvalidKeyError(`the name may have up to ${limits.sessionKey} characters`, field);
  // The store knows which conversations there are.
  if (findConversationId(chosenName) !== undefined) return { agentId, name };
  const prefix = reservedPrefixes.find((each) => chosenName.toLowerCase().startsWith(each));
  if (prefix === hookPrefix && surface === "hooks") return { agentId, name };
  if (prefix !== undefined)
    throw createInvalidKeyError(`keys that begin with "${prefix}" are reserved`, field);
  return { agentId, name };
}

function createInvalidKeyError(reason: string, field: string): GatewayError {
  return new GatewayError("invalid_session_key", `${field}: ${reason}`, { param: field });
}
