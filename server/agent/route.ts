/** Which agent, which model and which conversation a request means. Knows names and keys, no transport. */
import { createHash } from "node:crypto";
import { GatewayError } from "../errors.ts";
import type { Agents, AgentsFor } from "./agents.ts";
import { isAnothers, mainKeyOf, userKeyOf } from "./sessions/own-keys.ts";
import type { Agent, NamedModel } from "./types.ts";

export interface RouteRules {
  /** Further names for agents, each with what it stands for. */
  readonly modelAliases: Readonly<Record<string, string>>;
  readonly unknownModel: "default" | "reject";
  readonly userSession: "on" | "off";
}

/** What a request says of itself. */
export interface RouteRequest {
  readonly surface: "chat" | "responses" | "embeddings" | "tools" | "socket";
  readonly credential: string;
  readonly agentId: string | undefined;
  readonly model: string | undefined;
  readonly sessionKey: string | undefined;
  readonly user: string | undefined;
  readonly backendModel: string | undefined;
  /** Where the request says it, for errors; in the headers unless it is told. */
  readonly fields?: { readonly agentId: string; readonly sessionKey: string; readonly model?: string };
}

export interface Route {
  readonly agent: Agent;
  readonly models: readonly NamedModel[];
  /** Canonical; absent when the conversation is ephemeral. */
  readonly sessionKey: string | undefined;
}

export type FindRoute = (request: RouteRequest) => Route;

const agentHeader = "x-openclaw-agent-id";
const sessionHeader = "x-openclaw-session-key";
const modelHeader = "x-openclaw-model";
const reserved = ["subagent:", "cron:", "acp:", "hook:"];

/** Throws `model_not_found` (404) or `invalid_session_key` (400). */
export function createRouter(agentsFor: AgentsFor, rules: RouteRules): FindRoute {
  return (request) => {
    const { credential, fields } = request;
    const { sessionKey = sessionHeader } = fields ?? {};
    const key = request.sessionKey === undefined ? undefined : parseKey(request.sessionKey, sessionKey);
    if (key !== undefined && isAnothers(key.rest, credential)) {
      throw badKey(
        `the keys "main", "main:…" and "user:…" are kept for conversations that a credential has without naming them; yours is "${mainKeyOf(credential)}"`,
        sessionKey,
      );
    }
    const agent = chooseAgent(request, key?.agentId, agentsFor(credential));
    if (key?.agentId !== undefined && key.agentId !== agent.id) {
      throw badKey(
        `the key is of the agent "${key.agentId}", the request goes to "${agent.id}"; send one of the two, or the same in both`,
        sessionKey,
      );
    }
    return {
      agent,
      models: chooseModels(agent, request.backendModel, request.fields?.model ?? modelHeader),
      sessionKey: chooseSession(request, agent, key),
    };
  };

  function chooseAgent(
    { agentId, model, fields }: RouteRequest,
    keyAgent: string | undefined,
    agents: Agents,
  ): Agent {
    if (agentId !== undefined) return existing(agentId, fields?.agentId ?? agentHeader, agents);
    const named = model === undefined ? undefined : agentOfModel(model, rules.modelAliases);
    if (named === "default") return agents.default;
    if (named !== undefined) return existing(named.id, "model", agents);
    if (keyAgent !== undefined) return existing(keyAgent, fields?.sessionKey ?? sessionHeader, agents);
    if (model === undefined || rules.unknownModel === "default") return agents.default;
    throw new GatewayError(
      "model_not_found",
      `No model ${JSON.stringify(model.slice(0, 100))}. Models: ${modelNames(agents).join(", ")}.`,
      { param: "model" },
    );
  }

  function existing(id: string, param: string, agents: Agents): Agent {
    const agent = agents.find(id);
    if (agent !== undefined) return agent;
    throw new GatewayError(
      "model_not_found",
      `No agent ${JSON.stringify(id.slice(0, 64))}. Agents: ${agents.ids.join(", ")}.`,
      { param },
    );
  }

  function chooseSession(
    { surface, credential, user }: RouteRequest,
    agent: Agent,
    key: SessionKey | undefined,
  ): string | undefined {
    if (key !== undefined) return `agent:${agent.id}:${key.rest}`;
    if (user === undefined || user.trim() === "" || rules.userSession === "off") return undefined;
    const hash = createHash("sha256").update(JSON.stringify([surface, credential, agent.id, user]));
    return `agent:${agent.id}:${userKeyOf(credential, hash.digest("base64url").slice(0, 32))}`;
  }
}

/** The names that `model` may have: the default agent, and every agent by its id. */
export function modelNames({ ids }: Agents): readonly string[] {
  return ids.length === 0 ? [] : ["openclaw", ...ids.map((id) => `openclaw:${id}`)];
}

/** The agent that a model name asks for, by itself or as an alias; undefined for a name that is no agent's. */
export function agentOfModel(
  model: string,
  aliases: RouteRules["modelAliases"],
): "default" | { readonly id: string } | undefined {
  const name = (Object.hasOwn(aliases, model) ? aliases[model] : undefined) ?? model;
  if (/^openclaw(\/default)?$/i.test(name)) return "default";
  const id = /^(?:openclaw[:/]|agent:)(.*)$/i.exec(name)?.[1];
  return id === undefined ? undefined : { id };
}

function chooseModels(agent: Agent, asked: string | undefined, param: string): readonly NamedModel[] {
  if (asked === undefined) return agent.models;
  const model = agent.allowedModels.find(({ ref }) => ref === asked);
  if (model !== undefined) return [model];
  const allowed = agent.allowedModels.map(({ ref }) => ref).join(", ");
  throw new GatewayError(
    "model_not_found",
    `The agent "${agent.id}" does not offer the model ${JSON.stringify(asked.slice(0, 100))}. ${allowed === "" ? "It offers none by name; agents.defaults.models lists them." : `It offers: ${allowed}.`}`,
    { param },
  );
}

interface SessionKey {
  /** The agent that the key names, if it names one. */
  readonly agentId: string | undefined;
  readonly rest: string;
}

/** `field` is where the request has it. */
function parseKey(key: string, field: string): SessionKey {
  const full = /^agent:([^:]*):(.*)$/i.exec(key);
  if (full === null && /^agent:/i.test(key))
    throw badKey("the full form of a key is agent:<agent id>:<key>", field);
  const agentId = full?.[1]?.toLowerCase();
  const rest = full?.[2] ?? key;
  if (rest === "" || agentId === "")
    throw badKey("the full form of a key is agent:<agent id>:<key>, with neither part empty", field);
  const prefix = reserved.find((each) => rest.toLowerCase().startsWith(each));
  if (prefix !== undefined) throw badKey(`keys that begin with "${prefix}" are reserved`, field);
  return { agentId, rest };
}

function badKey(reason: string, field: string): GatewayError {
  return new GatewayError("invalid_session_key", `${field}: ${reason}`, { param: field });
}
