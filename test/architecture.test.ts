import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { allowedImports } from "./support/layout.ts";
import { packageRoot } from "../server/lib/package.ts";

interface Source {
  readonly file: string;
  readonly text: string;
  /** Files of this repository by their path, packages by their name, `node:` modules as they are. */
  readonly imports: readonly string[];
}

const folders = [
  "contracts",
  "server",
  "cli",
  "clients/typescript/src",
  "clients/web/src",
  "generated",
  "scripts",
  "test",
  "examples",
  "bench",
  "soak",
];

function read(file: string): Source {
  const text = readFileSync(posix.join(packageRoot, file), "utf8");
  const specifiers = [
    ...text.matchAll(/^(?:import|export|\}) (?:.* )?from "([^"]+)"(?: with .*)?;$/gm),
    ...text.matchAll(/^import "([^"]+)";$/gm),
    ...text.matchAll(/\bimport\("([^"]+)"\)/g),
  ].map(([, specifier = ""]) => specifier);
  const imports = specifiers.map((specifier) =>
    specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : specifier,
  );
  return { file, text, imports };
}

const sources = folders
  .flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: packageRoot }))
  // The programs of generators import clients that are generated when they run.
  .filter((file) => !/node_modules|(^|\/)dist\/|scripts\/generators\/programs\//.test(file))
  .map((file) => read(file.replaceAll("\\", "/")));

/** What people wrote; generated code has its own shape. */
const written = sources.filter(({ file }) => !/(^|\/)generated\//.test(file));

const within = (...paths: readonly string[]): readonly Source[] =>
  sources.filter(({ file }) => paths.some((path) => file.startsWith(path)));
const except = (from: readonly Source[], ...paths: readonly string[]): readonly Source[] =>
  from.filter(({ file }) => !paths.some((path) => file.startsWith(path)));

/** `file -> import` for every import that is not allowed. */
function strays(from: readonly Source[], allowed: (path: string) => boolean): readonly string[] {
  expect(from.length).toBeGreaterThan(0);
  return from.flatMap(({ file, imports }) =>
    imports.filter((path) => !allowed(path)).map((path) => `${file} -> ${path}`),
  );
}

const isFile = (path: string): boolean => /\.tsx?$/.test(path);

test("the imports of a file are found, in all the ways there are to write them", () => {
  const { imports } = read("cli/serve-gateway.ts");
  expect(imports).toContain("server/gateway.ts");
  expect(imports).toContain("node:module");
  expect(read("cli/main.ts").imports).toEqual([
    "cli/global-options.ts",
    "node:os",
    "cli/hide-environment.ts",
    "cli/tune-engine.ts",
    "cli/compile-cache.ts",
    "cli/io.ts",
    "cli/run-command.ts",
  ]);
  expect(read("server/http/checks.ts").imports).toContain("contracts/endpoint.ts");
  expect(
    sources
      .flatMap(({ imports }) => imports)
      .filter((path) => isFile(path) && !sources.some(({ file }) => file === path)),
  ).toEqual([]);
});

describe("arrows only look down", () => {
  test("contracts know nobody but zod", () => {
    const contracts = except(within("contracts/"), "contracts/describe/");
    expect(
      strays(
        contracts,
        (path) =>
          path === "zod" || (path.startsWith("contracts/") && !path.startsWith("contracts/describe/")),
      ),
    ).toEqual([]);
  });

  test("the description knows contracts, zod and what makes OpenAPI of them", () => {
    const allowed = new Set(["zod", "yaml", "@asteasolutions/zod-to-openapi"]);
    expect(
      strays(within("contracts/describe/"), (path) => allowed.has(path) || path.startsWith("contracts/")),
    ).toEqual([]);
  });

  test("only the description makes OpenAPI, only scripts and tests use it", () => {
    const others = except(sources, "contracts/describe/", "scripts/", "test/");
    expect(strays(others, (path) => !/zod-to-openapi|^contracts\/describe\//.test(path))).toEqual([]);
  });

  describe("each folder of the server imports only what its row allows", () => {
    test("every folder has its row", () => {
      const rooms = new Set(within("server/").map(({ file }) => file.split("/")[1] ?? ""));
      const folders = [...rooms].filter((room) => !room.endsWith(".ts"));
      expect(folders.toSorted()).toEqual(Object.keys(allowedImports).toSorted());
    });

    test("at server/ itself lies only the composition", () => {
      const files = within("server/").filter(({ file }) => file.split("/").length === 2);
      expect(files.map(({ file }) => file)).toEqual([
        "server/agent-tools.ts",
        "server/engine.ts",
        "server/gateway.ts",
        "server/transports.ts",
      ]);
    });

    test.each(Object.entries(allowedImports))("%s", (room, allowed) => {
      const own = `server/${room}/`;
      const mayImport = (path: string): boolean =>
        !isFile(path) || path.startsWith(own) || allowed.some((prefix) => path.startsWith(prefix));
      expect(strays(within(own), mayImport)).toEqual([]);
    });

    test("only HTTP knows Express; only the transports know ws and node:http", () => {
      expect(strays(except(within("server/"), "server/http/"), (path) => path !== "express")).toEqual([]);
      const transports = ["server/http/", "server/socket/", "server/transport/", "server/auth/"];
      expect(
        strays(except(within("server/"), ...transports), (path) => !/^(ws|node:https?)$/.test(path)),
      ).toEqual([]);
    });

    test("the agent knows no wire shape of a dialect", () => {
      const wireShapes = /^contracts\/(http|socket|sse|index|endpoint)/;
      expect(strays(within("server/agent/"), (path) => !wireShapes.test(path))).toEqual([]);
    });

    test("the server knows no command line, no client, nothing generated", () => {
      expect(
        strays(within("server/"), (path) => !isFile(path) || /^(server|contracts)\//.test(path)),
      ).toEqual([]);
      expect(strays(within("server/"), (path) => !path.startsWith("openai"))).toEqual([]);
    });
  });

  test("clients know what is generated and nothing of the server", () => {
    const allowed = /^(clients\/|generated\/)/;
    expect(strays(within("clients/typescript/src/"), (path) => allowed.test(path))).toEqual([]);
  });

  test("the page knows the client's package and nothing else of this repository", () => {
    expect(
      strays(within("clients/web/src/"), (path) => !isFile(path) || path.startsWith("clients/web/src/")),
    ).toEqual([]);
  });

  test("examples are written as users would write them", () => {
    const foreign = /^(server|contracts|generated|cli|test|scripts)\//;
    expect(strays(within("examples/"), (path) => !foreign.test(path))).toEqual([]);
  });

  test("what runs in production imports no tests and no scripts", () => {
    expect(
      strays(
        within("contracts/", "server/", "cli/", "clients/"),
        (path) => !/^(test|scripts|vitest)\b/.test(path),
      ),
    ).toEqual([]);
  });
});

describe("every file", () => {
  test("frames of server-sent events are written in one place", () => {
    const writers = except(sources, "test/", "bench/", "soak/").filter(({ text }) =>
      /\bdata: \$\{|["'`]data: ["'`] ?\+/.test(text),
    );
    expect(writers.map(({ file }) => file)).toEqual(["contracts/sse.ts"]);
  });

  // V8 makes a hidden class for each object literal with a getter. These live until a full collection, and the getters keep
  // what the object knows alive: with them a sixth of what a request allocates outlived the request.
  test("only objects that a process creates once have getters", () => {
    const createdOnce = [
      "server/lib/live.ts",
      "server/agent/agents.ts",
      "server/agent/mcp/servers.ts",
      "server/agent/run-slots.ts",
      "server/agent/session-locks.ts",
      "server/agent/sessions/sqlite-file.ts",
      "server/telemetry/batch-writer.ts",
      "server/telemetry/traces/exporter.ts",
      "server/telemetry/usage-recorder.ts",
      // The controller of undici, for compressed bodies only
      "server/agent/models/decode-body.ts",
    ];
    const files = within("server/").filter(({ text }) => /^\s+get \w+\(\)/m.test(text));
    expect(files.map(({ file }) => file).toSorted()).toEqual(createdOnce.toSorted());
  });

  test("there are no default exports", () => {
    expect(
      sources.filter(({ text }) => /^export default\b|\bas default\b/m.test(text)).map(({ file }) => file),
    ).toEqual([]);
  });

  test("no file is longer than 300 lines", () => {
    const long = except(written, "test/").filter(({ text }) => text.split("\n").length > 301);
    expect(long.map(({ file }) => file)).toEqual([]);
  });

  test("a head comment says what the file is for", () => {
    const headless = except(written, "test/", "examples/").filter(
      ({ text }) => !/^(#!.*\n)?\/\*\*/.test(text),
    );
    expect(headless.map(({ file }) => file)).toEqual([]);
  });

  test("names are kebab-case", () => {
    const misnamed = sources.filter(
      ({ file }) => !/^[a-z0-9-]+(\.[a-z-]+)*\.tsx?$/.test(posix.basename(file)),
    );
    expect(misnamed.map(({ file }) => file)).toEqual([]);
  });
});
