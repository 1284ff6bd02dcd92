import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Config, type ConfigInput } from "../../contracts/config/config.ts";
import {
  decide,
  formatDenials,
  createToolPolicy,
  type PolicyRequest,
} from "../../server/agent/tools/policy.ts";
import { builtInToolNames } from "../../server/lib/tool-names.ts";

type Policy = NonNullable<ConfigInput["tools"]>;
type Rules = NonNullable<Policy["byProvider"]>[string];

const servers = ["docs", "Git-Hub"];
const tools = [...builtInToolNames, "docs__search", "Git-Hub__Issue", "docs__a_b"];
const model = "openai/gpt-4o";

// ── Arbitrary configurations ──────────────────────────────────────────────────

const anyCase = (text: string): fc.Arbitrary<string> =>
  fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map((upper) =>
    text
      .split("")
      .map((letter, at) => (upper[at] ? letter.toUpperCase() : letter.toLowerCase()))
      .join(""),
  );
const groups = ["group:fs", "group:runtime", "group:web", "group:sessions", "group:openclaw", "group:mcp"];
const globs = ["*", "sessions_*", "*__*", "docs__*", "d*_b", "*e*", "git-hub__is*", "w*e"];
const strays = ["exce", "nobody__x", "x*", "", "group:x"];
const entry = fc.constantFrom(...tools, "bash", ...groups, ...globs, ...strays).chain(anyCase);
const entries = fc.array(
  entry.filter((name) => name !== ""),
  { maxLength: 4 },
);
const profile = fc.constantFrom("minimal", "coding", "full");

const rules: fc.Arbitrary<Rules> = fc
  .record({ profile, list: entries, add: fc.boolean(), deny: entries }, { requiredKeys: [] })
  .map(({ profile, list, add, deny }) => ({
    ...(profile && { profile }),
    ...(list && { [add ? "alsoAllow" : "allow"]: list }),
    ...(deny && { deny }),
  }));
const policy: fc.Arbitrary<Policy> = fc
  .tuple(rules, fc.option(rules), fc.option(rules))
  .map(([own, ofProvider, ofModel]) => ({
    ...own,
    byProvider: { ...(ofProvider && { OpenAI: ofProvider }), ...(ofModel && { [model]: ofModel }) },
  }));

interface PolicySettings {
  readonly tools: Policy;
  readonly agent: Policy;
  readonly gatewayTools: { readonly allow: string[]; readonly deny: string[] };
}
const settings: fc.Arbitrary<PolicySettings> = fc.record({
  tools: policy,
  agent: policy,
  gatewayTools: fc.record({ allow: entries, deny: entries }),
});

const mcpServers = Object.fromEntries(servers.map((name) => [name, { command: "true" }]));
const createConfig = ({ tools, agent, gatewayTools }: PolicySettings): Config =>
  Config.parse({
    tools: { ...tools, mcpServers },
    agents: { list: [{ id: "main" }, { id: "coder", tools: agent }] },
    gateway: { tools: gatewayTools },
  });

const nothing: PolicySettings = { tools: {}, agent: {}, gatewayTools: { allow: [], deny: [] } };
const surface = fc.constantFrom("run", "http", "socket");
const tool = fc.constantFrom(...tools);

const decideFor = (settings: PolicySettings, tool: string, more: Partial<PolicyRequest> = {}) =>
  decide(createConfig(settings), { agentId: "coder", model, surface: "run", tool, ...more });
const isAllowed = (...question: Parameters<typeof decideFor>): boolean => decideFor(...question).allowed;
/** What is allowed under more rules must be allowed under fewer. */
const implies = (narrow: boolean, wide: boolean): void => expect(!narrow || wide).toBe(true);

// ── Examples ────────────────────────────────────────────────────────────────

test("by default a run can use every tool, and direct calls those that do no harm", () => {
  expect(tools.filter((name) => isAllowed(nothing, name))).toEqual(tools);
  expect(tools.filter((name) => !isAllowed(nothing, name, { surface: "http" }))).toEqual([
    "write",
    "edit",
    "apply_patch",
    "exec",
    "process",
  ]);
});

test.each<[tools: Policy, agent: Policy, tool: string, by: string, remedy: string]>([
  [{ profile: "minimal" }, {}, "read", "tools.profile", 'add "read" to tools.alsoAllow'],
  [{ profile: "minimal", allow: ["read"] }, {}, "read", "tools.profile", 'set tools.profile to "coding"'],
  [{ allow: ["group:web"] }, {}, "exec", "tools.allow", 'add "exec" to tools.allow'],
  [{ allow: [] }, {}, "read", "tools.allow", 'add "read" to tools.allow'],
  [{ deny: ["group:fs", "edit"] }, {}, "edit", "tools.deny", 'take "group:fs" and "edit" out of tools.deny'],
  [{ deny: ["bash"] }, {}, "exec", "tools.deny", 'take "bash" out of tools.deny'],
  [
    { byProvider: { openai: { allow: ["read"] } } },
    {},
    "exec",
    "tools.byProvider.openai.allow",
    'add "exec" to tools.byProvider.openai.allow',
  ],
  [
    { byProvider: { [model]: { deny: ["exec"] } } },
    {},
    "exec",
    `tools.byProvider["openai/gpt-4o"].deny`,
    `take "exec" out of tools.byProvider["openai/gpt-4o"].deny`,
  ],
  [
    { profile: "full" },
    { profile: "minimal" },
    "docs__x",
    "agents.list[1].tools.profile",
    'add "docs__x" to agents.list[1].tools.alsoAllow',
  ],
  [
    {},
    { deny: ["docs__*"] },
    "docs__x",
    "agents.list[1].tools.deny",
    'take "docs__*" out of agents.list[1].tools.deny',
  ],
])("%j and %j of the agent deny %s by %s: %s", (tools, agent, name, by, remedy) => {
  expect(decideFor({ ...nothing, tools, agent }, name)).toMatchObject({
    allowed: false,
    by,
    denials: [{ by, remedy }],
  });
});

test("an agent configured in a map is named by its key", () => {
  const config = Config.parse({ agents: { entries: { coder: { tools: { deny: ["exec"] } } } } });
  const decision = decide(config, { agentId: "coder", model, surface: "run", tool: "exec" });
  expect(decision).toMatchObject({ by: "agents.entries.coder.tools.deny" });
});

test("rules for other models and other agents do not apply", () => {
  const deny = ["*"];
  const byProvider = { "openai/gpt-4": { deny }, anthropic: { deny }, gpt: { deny } };
  expect(isAllowed({ ...nothing, tools: { byProvider } }, "exec")).toBe(true);
  expect(isAllowed({ ...nothing, agent: { deny } }, "exec", { agentId: "main" })).toBe(true);
});

test("a denial is a sentence that names every setting to change", () => {
  const denied = decideFor({ ...nothing, tools: { deny: ["exec"] } }, "bash", { surface: "http" });
  expect(denied.allowed ? "" : formatDenials("bash", denied.denials)).toBe(
    'bash is denied by tools.deny and denied over HTTP by default; to allow it, take "exec" out of tools.deny and add "exec" to gateway.tools.allow.',
  );
});

// ── Properties ────────────────────────────────────────────────────────────────────

describe("for every configuration", () => {
  test("a rule only denies and never allows what another denies", () => {
    fc.assert(
      fc.property(settings, tool, surface, (all, name, surface) => {
        const narrow = isAllowed(all, name, { surface });
        implies(narrow, isAllowed({ ...all, agent: {} }, name, { surface }));
        // Without a profile the default applies, which contains every tool.
        implies(narrow, isAllowed({ ...all, tools: {} }, name, { surface }));
        for (const part of ["tools", "agent"] as const) {
          const { byProvider: _, ...own } = all[part];
          implies(narrow, isAllowed({ ...all, [part]: own }, name, { surface }));
        }
        implies(
          narrow,
          isAllowed({ ...all, gatewayTools: { ...all.gatewayTools, deny: [] } }, name, { surface }),
        );
      }),
    );
  });

  test("a tool that is denied in a run is denied on every surface, and all surfaces agree", () => {
    fc.assert(
      fc.property(settings, tool, (all, name) => {
        const [run, http, socket] = (["run", "http", "socket"] as const).map((surface) =>
          isAllowed(all, name, { surface }),
        );
        expect(http).toBe(socket);
        implies(http === true, run === true);
      }),
    );
  });

  test("a denied tool stays denied, whatever else allows it", () => {
    const places: readonly ((all: PolicySettings, deny: string[]) => PolicySettings)[] = [
      (all, deny) => ({ ...all, tools: { ...all.tools, deny } }),
      (all, deny) => ({ ...all, tools: { ...all.tools, byProvider: { openai: { deny } } } }),
      (all, deny) => ({ ...all, agent: { ...all.agent, deny } }),
      (all, deny) => ({ ...all, agent: { ...all.agent, byProvider: { [model]: { deny } } } }),
    ];
    fc.assert(
      fc.property(settings, tool, fc.constantFrom(...places), (all, name, put) => {
        expect(isAllowed(put(all, [name]), name)).toBe(false);
        expect(isAllowed(put(all, ["*"]), name)).toBe(false);
      }),
    );
    fc.assert(
      fc.property(settings, tool, (all, name) => {
        const gatewayTools = { allow: ["*"], deny: [name] };
        expect(isAllowed({ ...all, gatewayTools }, name, { surface: "http" })).toBe(false);
      }),
    );
  });

  test("the case of the tool and the agent's id, and aliases, make no difference", () => {
    const spelled = tool.chain((name) => fc.tuple(fc.constant(name), anyCase(name)));
    fc.assert(
      fc.property(settings, spelled, surface, (all, [name, written], surface) => {
        expect(decideFor(all, written, { surface })).toEqual(
          decideFor(all, name, { surface, agentId: "CODER" }),
        );
        if (name === "exec")
          expect(decideFor(all, "Bash", { surface })).toEqual(decideFor(all, name, { surface }));
      }),
    );
  });

  test("every denial names a setting, and its remedy lifts this denial only", () => {
    fc.assert(
      fc.property(settings, tool, surface, (all, name, surface) => {
        let now = all;
        for (;;) {
          const decision = decideFor(now, name, { surface });
          if (decision.allowed) break;
          const [first, ...others] = decision.denials;
          expect(decision.by).toBe(first?.by);
          now = applyRemedy(now, first?.remedy ?? "");
          const after = decideFor(now, name, { surface });
          expect(after.allowed ? [] : after.denials).toEqual(others);
        }
      }),
    );
  });

  test("a server is skipped only if none of its tools can be allowed", () => {
    const anyName = fc.string({
      unit: fc.constantFrom("a", "b", "e", "i", "s", "_", "h"),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        settings,
        fc.constantFrom(...servers),
        fc.array(anyName, { minLength: 20 }),
        (all, server, names) => {
          const config = createConfig(all);
          const context = { agentId: "coder", model, surface: "run" } as const;
          if (createToolPolicy(config, context).canUseServer(server)) return;
          for (const name of names) {
            expect(decide(config, { ...context, tool: `${server}__${name}` }).allowed).toBe(false);
          }
        },
      ),
    );
  });
});

/** Changes the settings as the remedy says. */
function applyRemedy(all: PolicySettings, remedy: string): PolicySettings {
  const changed = structuredClone<PolicySettings>(all);
  const [, names = "", path = ""] =
    /^(?:add|take) (.*?) (?:to|out of) (\S+)$/.exec(remedy) ?? /^set (\S+) to "(\w+)"$/.exec(remedy) ?? [];
  const listed = [...names.matchAll(/"([^"]*)"/g)].map(([, name = ""]) => name);
  if (remedy.startsWith("set ")) {
    const parent = findParent(changed, names);
    parent["profile"] = path;
    return changed;
  }
  const key = path.split(".").at(-1) ?? "";
  const parent = findParent(changed, path);
  const list = (parent[key] ?? []) as string[];
  parent[key] = remedy.startsWith("add ")
    ? [...list, ...listed]
    : list.filter((each) => !listed.includes(each));
  return changed;
}

/** Returns the object that contains the setting at the path, spelled as in messages. */
function findParent(all: PolicySettings, path: string): Record<string, unknown> {
  const within = path
    .replace(/^agents\.list\[1\]\.tools/, "agent")
    .replace(/^gateway\.tools/, "gatewayTools")
    .replaceAll(/\["([^"]+)"\]/g, (_, key: string) => `.${key.replaceAll(".", "\0")}`);
  const steps = within.split(".").slice(0, -1);
  return steps.reduce<Record<string, unknown>>(
    (here, step) => here[step.replaceAll("\0", ".")] as Record<string, unknown>,
    all as unknown as Record<string, unknown>,
  );
}
