/** What applies when there is no file: the built-in model answers, and agents have no harmful tool. */
export const createDefaultTree = (): Readonly<Record<string, unknown>> => ({
  gateway: { http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } } },
  tools: { profile: "minimal" },
});
