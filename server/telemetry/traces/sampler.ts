/** Decides which traces are exported. https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampler */
import type { Config } from "../../../contracts/config/config.ts";

type SamplerSettings = Pick<Config["diagnostics"]["otel"], "sampler" | "sampleRate">;

/** `parentIsSampled` is undefined for a trace that begins here. */
export type Sample = (traceId: string, parentIsSampled: boolean | undefined) => boolean;

export function createSampler({ sampler, sampleRate }: SamplerSettings): Sample {
  const followsParent = sampler.startsWith("parentbased_");
  const decide = createRule(sampler.replace("parentbased_", ""), sampleRate);
  return (traceId, parentIsSampled) =>
    followsParent && parentIsSampled !== undefined ? parentIsSampled : decide(traceId);
}

function createRule(name: string, rate: number): (traceId: string) => boolean {
  if (name === "always_on") return () => true;
  if (name === "always_off") return () => false;
  // The last 56 bits of a trace id are random: https://www.w3.org/TR/trace-context-2/#randomness-of-trace-id
  const limit = rate * 2 ** 52;
  return (traceId) => Number.parseInt(traceId.slice(-13), 16) < limit;
}
