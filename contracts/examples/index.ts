/** Every set of examples. The documentation endpoints have none: their answer is the document itself. */
import type { ExampleSet } from "../endpoint.ts";
import { chatCompletions } from "./chat-completions.ts";
import { health, readiness } from "./health.ts";
import { modelList, oneModel } from "./models.ts";

export const exampleSets: readonly ExampleSet[] = [chatCompletions, modelList, oneModel, health, readiness];
