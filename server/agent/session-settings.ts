/** What was set for a session, model and thinking, holds for every run in it that does not ask for another. */
import { GatewayError } from "../errors.ts";
import type { SessionCatalog } from "./sessions/catalog.ts";
import type { Agent, NamedModel, Run, RunAgent, ThinkingLevel } from "./types.ts";

type Settings = Pick<SessionCatalog, "settings">;

/** Runs as `runAgent` does, with the settings of the session. */
export function withSessionSettings(runAgent: RunAgent, sessions: Settings): RunAgent {
  return (run) => (run.sessionKey === undefined ? runAgent(run) : runWith(run, run.sessionKey));

  async function* runWith(run: Run, key: string): ReturnType<RunAgent> {
    // A store that fails now fails the run when it takes the session, in its own words.
    const set = await sessions.settings(key).catch(() => undefined);
    const chosen = set?.model === undefined ? undefined : findModel(run.agent, set.model);
    const own = run.models === run.agent.models;
    yield* runAgent({
      ...run,
      models: own && chosen !== undefined ? [chosen] : run.models,
      thinking: run.thinking ?? (set?.thinking as ThinkingLevel | undefined),
    });
  }
}

/** Throws `model_not_found` for a model that the agent does not offer. */
export function checkModel(agent: Agent, ref: string, param: string): void {
  if (findModel(agent, ref) !== undefined) return;
  const refs = [...agent.models, ...agent.allowedModels].map((model) => model.ref);
  throw new GatewayError(
    "model_not_found",
    `${param}: the agent "${agent.id}" does not offer ${JSON.stringify(ref.slice(0, 100))}. It offers: ${[...new Set(refs)].join(", ")}.`,
    { param },
  );
}

function findModel({ models, allowedModels }: Agent, ref: string): NamedModel | undefined {
  return [...models, ...allowedModels].find((model) => model.ref === ref);
}
