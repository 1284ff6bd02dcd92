/** Splits the name of a model. A module of its own, because every consumer of observations needs it. */

export function splitModelRef(ref: string): { readonly provider: string; readonly model: string } {
  const slash = ref.indexOf("/");
  return { provider: ref.slice(0, Math.max(0, slash)), model: ref.slice(slash + 1) };
}
