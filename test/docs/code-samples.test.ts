/** Runs the code samples of every operation, against the gateway of the example that they are made from. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import type { AnyExample, Endpoint } from "../../contracts/endpoint.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { isFormFile, type FormFile } from "../../contracts/form.ts";
import { defaultOrigin, type CodeSample } from "../../contracts/describe/render-samples.ts";
import { createSamples, selectSampleExamples } from "../../contracts/describe/samples.ts";
import { getMetrics } from "../../contracts/http/metrics.ts";
import { endpoints } from "../../contracts/index.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { python } from "../support/clients/python.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { hookToken } from "../support/gateway/hooks.ts";
import { startReplayGateway } from "../support/gateway/replay.ts";

const folder = mkdtempSync(join(tmpdir(), "gateway-samples-"));
symlinkSync(join(packageRoot, "node_modules"), join(folder, "node_modules"), "dir");
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Prints what the samples print as JSON. */
const printer = `data:text/javascript,${encodeURIComponent(
  "console.log = (value) => process.stdout.write((typeof value === 'string' ? value : JSON.stringify(value)) + '\\n');",
)}`;

let files = 0;

/** `formFiles` are in the folder of the sample. */
async function runSample(
  { lang, source }: CodeSample,
  url: string,
  formFiles: readonly FormFile[] = [],
): Promise<string> {
  const text = source.replaceAll(defaultOrigin, url);
  const runFolder = join(folder, String((files += 1)));
  mkdirSync(runFolder);
  for (const { filename, content } of formFiles) writeFileSync(join(runFolder, filename), content);
  const write = (name: string): string => {
    const path = join(runFolder, name);
    writeFileSync(path, text);
    return path;
  };
  const commands = {
    shell: () => ["sh", "-c", text],
    javascript: () => [process.execPath, "--import", printer, write("sample.mjs")],
    python: () => [python ?? "", write("sample.py")],
  };
  const [command = "", ...args] = commands[lang]();
  const env = {
    ...process.env,
    OPENCLAW_GATEWAY_TOKEN: token,
    OPENCLAW_HOOKS_TOKEN: hookToken,
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const { stdout } = await promisify(execFile)(command, args, { env, cwd: runFolder, maxBuffer: 2 ** 25 });
  return stdout;
}

/** The events of a stream that curl shows as it is, and that the packages print one a line. */
function readEvents(output: string): readonly unknown[] {
  return output
    .split("\n")
    .map((line) => line.replace(/^data: /, ""))
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as unknown);
}

/** OpenAI's packages ask for embeddings in 32 bits. */
const parseRounded = (value: unknown): object =>
  JSON.parse(typeof value === "string" ? value : JSON.stringify(value), (_, part: unknown) =>
    typeof part === "number" && !Number.isInteger(part) ? Math.round(part * 1e4) / 1e4 : part,
  ) as object;

async function check(endpoint: Endpoint, example: AnyExample, sample: CodeSample): Promise<void> {
  const { url } = await startReplayGateway(example);
  const formFiles = Object.values(example.request.body ?? {}).filter(isFormFile);
  const output = await runSample(sample, url, formFiles);
  if ("reply" in example && typeof example.reply === "string") {
    expect(output.trimEnd()).toBe(example.reply);
  } else if ("reply" in example) {
    const reply = parseRounded(example.reply);
    // A page of OpenAI's package keeps the items of a list, not all of its fields.
    const isPage = sample.label === "JavaScript (openai)" && "data" in reply;
    expect(parseRounded(output)).toMatchObject(isPage ? { data: reply.data } : reply);
  } else if ("events" in example) expect(readEvents(output)).toMatchObject(example.events as object[]);
  else expect.fail(`${endpoint.id} has a sample of an error`);
}

const sampledSets = exampleSets.filter(({ endpoint, examples }) =>
  selectSampleExamples(examples).some((example) => createSamples(endpoint, example).length > 0),
);

describe.each(sampledSets)("$endpoint.id", ({ endpoint, examples }) => {
  for (const example of selectSampleExamples(examples)) {
    for (const sample of createSamples(endpoint, example)) {
      const isMissing = sample.lang === "python" && python === undefined;
      test.skipIf(isMissing)(`${sample.label} does what its example says`, () =>
        check(endpoint, example, sample),
      );
    }
  }
});

const withoutExamples = Object.values<Endpoint>(endpoints).filter(
  (endpoint) =>
    !exampleSets.some((set) => set.endpoint === endpoint) &&
    endpoint.auth === "public" &&
    createSamples(endpoint).length > 0,
);

describe.each(withoutExamples)("$id", (endpoint) => {
  for (const sample of createSamples(endpoint)) {
    const isMissing = sample.lang === "python" && python === undefined;
    test.skipIf(isMissing)(`${sample.label} prints the document`, async () => {
      const { url } = await startReplayGateway({ title: "", request: {}, reply: {} });
      const output = await runSample(sample, url);
      expect(output.trimEnd()).toBe((await (await fetch(url + endpoint.path)).text()).trimEnd());
    });
  }
});

// The values of metrics differ from one request to the next, so that they have no example.
for (const sample of createSamples(getMetrics)) {
  const isMissing = sample.lang === "python" && python === undefined;
  test.skipIf(isMissing)(`getMetrics: ${sample.label} prints metrics`, async () => {
    const { url } = await startTestGateway({ config: { gateway: { http: { metrics: { enabled: true } } } } });
    expect(await runSample(sample, url)).toContain("# TYPE openclaw_gateway_build_info gauge");
  });
}

test("every operation that a package covers has samples of it", () => {
  const sampled = exampleSets.filter(({ endpoint }) => endpoint.method !== "head");
  const labels = sampled.map(({ endpoint, examples }) => [
    endpoint.id,
    selectSampleExamples(examples).flatMap((example) =>
      createSamples(endpoint, example).map(({ label }) => label),
    ).length,
  ]);
  expect(labels.filter(([, count]) => Number(count) < 3)).toEqual([]);
});
