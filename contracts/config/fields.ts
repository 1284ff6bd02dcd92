/** Field schemas that several groups of the configuration share. */
import { z } from "zod";
import { shortText } from "../limits.ts";

/** Largest delay of a Node timer, about 24.8 days. */
const maxTimerMs = 2_147_483_647;

export const milliseconds = (): z.ZodNumber => z.int().min(1).max(maxTimerMs);
export const seconds = (): z.ZodNumber =>
  z
    .int()
    .min(1)
    .max(Math.floor(maxTimerMs / 1000));
export const count = (): z.ZodNumber => z.int().min(1).max(1_000_000);
export const tokens = (): z.ZodNumber => z.int().min(1).max(1_000_000_000);
export const bytes = (): z.ZodNumber => z.int().min(1).max(1_073_741_824);

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration: a number and a unit. */
export const duration = (): z.ZodString =>
  z
    .string()
    .max(16)
    .regex(/^[1-9]\d{0,4}[smhd]$/, 'must be a number and a unit, for instance "30d", "12h", "45m" or "90s"')
    .meta({ examples: ["30d", "12h"] });

/** Converts a `duration` to milliseconds. */
export const parseDurationMs = (text: string): number =>
  Number.parseInt(text, 10) * unitMs[text.slice(-1) as keyof typeof unitMs];

/** Pattern of a path such as `/hooks/a`. Clients resolve the segments `.` and `..`: no request would reach such a path. */
export const urlPathSegments = String.raw`(/(?!\.{1,2}(/|$))[\w.~-]+)+`;

/** A file system path. A leading `~` is the home folder. */
export const filePath = (): z.ZodString => z.string().min(1).max(4096);

export const AgentId = shortText()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,63}$/i,
    "must be 1 to 64 letters, digits, `_` or `-`, the first a letter or digit",
  )
  .meta({
    id: "AgentId",
    description: "Name of the agent in requests; case-insensitive.",
    examples: ["main"],
  });

export const ModelRef = shortText()
  .regex(/^[^/\s]+\/\S+$/, 'must be "<provider>/<model>", for instance "builtin/assistant"')
  .meta({ id: "ModelRef", description: "`<provider>/<model>`.", examples: ["builtin/assistant"] });

/** A model as an agent names it. That it exists is checked with the whole file. */
export const ModelName = shortText()
  .min(1)
  .meta({
    id: "ModelName",
    description: "`<provider>/<model>`, an alias, or the id of a model that one provider lists.",
    examples: ["builtin/assistant"],
  });

export const ThinkingLevel = z
  .enum(["off", "minimal", "low", "medium", "high", "xhigh", "max"])
  .meta({ id: "ThinkingLevel", description: "How much a model reasons first." });
