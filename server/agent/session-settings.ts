/** Applies the model and thinking level of a session to its runs. A run's own values take precedence. */
import { GatewayError } from "../lib/errors.ts";
import type { SessionCatalog } from "./sessions/catalog.ts";
import type { Agent, NamedModel, Run, RunAgent, RunSink, ThinkingLevel } from "./types.ts";

type SettingsReader = Pick<SessionCatalog, "settings">;

/** Wraps `runAgent` so that it applies the settings of the session. */
export function withSessionSettings(runAgent: RunAgent, sessions: SettingsReader): RunAgent {
  return (run, sink) =>
    run.sessionKey === undefined ? runAgent(run, sink) : runWithSettings(run, run.sessionKey, sink);

  async function runWithSettings(run: Run, key: string, sink: RunSink): Promise<void> {
    // If the store fails here, the run fails with `storage_unavailable` when it opens its conversation.
    const settings = await sessions.settings(key).catch(() => undefined);
    const sessionModel = settings?.model === undefined ? undefined : findModel(run.agent, settings.model);
    const usesAgentModels = run.models === run.agent.models;
    const models = usesAgentModels && sessionModel !== undefined ? [sessionModel] : run.models;
    const thinking = run.thinking ?? (settings?.thinking as ThinkingLevel | undefined);
    await runAgent({ ...run, models, thinking }, sink);
  }
}

/** Throws `model_not_found` for a model that the agent does not offer. */
export function requireOfferedModel(agent: Agent, ref: string, param: string): void {
  if (findModel(agent, ref) !== undefined) return;
  const { list, patterns } = agent.offeredModels;
  const refs = [...[...agent.models, ...list].map((model) => model.ref), ...patterns];
  throw new GatewayError(
    "model_not_found",
    `${param}: the agent "${agent.id}" does not offer ${JSON.stringify(ref.slice(0, 100))}. It offers: ${[...new Set(refs)].join(", ")}.`,
    { param },
  );
}

function findModel({ models, offeredModels }: Agent, ref: string): NamedModel | undefined {
  return models.find((model) => model.ref === ref) ?? offeredModels.find(ref);
}
