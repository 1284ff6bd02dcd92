/** What observing costs: the same whole replies by gateways that record nothing, records, or traces. */
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ConfigInput } from "../../contracts/config/config.ts";
import type { BenchContext, Round } from "../scenario.ts";
import { loadInTurn } from "../windows.ts";
import { createUnstreamedTarget } from "./replies.ts";

const load = { connections: 32, windowMs: 1_000 };
/** A ratio of a few percent needs more windows than the other scenarios. */
const windowsFactor = 3;

/** The three take turns, so that what else the machine does hits each of them alike. */
export async function measureTelemetry(context: BenchContext): Promise<readonly Round[]> {
  const collector = await startCollector();
  const start = async (name: string, change: ConfigInput) => {
    const changeConfig = (config: ConfigInput): ConfigInput => ({
      ...config,
      ...change,
      gateway: { ...config.gateway, http: { ...config.gateway?.http, ...change.gateway?.http } },
    });
    return await context.start("gateway", { stateName: `telemetry-${name}`, changeConfig });
  };
  const off = { usage: { enabled: false }, audit: { enabled: false } };
  const servers = {
    nothing: await start("nothing", off),
    records: await start("records", { gateway: { http: { metrics: { enabled: true } } } }),
    traces: await start("traces", {
      ...off,
      diagnostics: { otel: { enabled: true, endpoint: collector.url, sampler: "always_on" } },
    }),
  };
  const targets = {
    nothing: createUnstreamedTarget(servers.nothing),
    records: createUnstreamedTarget(servers.records),
    traces: createUnstreamedTarget(servers.traces),
  };
  await loadInTurn(targets, { ...load, windows: 3 });
  const windows = await loadInTurn(targets, { ...load, windows: context.effort.windows * windowsFactor });
  for (const server of Object.values(servers)) await server.stop();
  collector.close();
  return windows.map(({ nothing, records, traces }) => ({
    gateway: {
      unobservedCpu: nothing.cpuMicroseconds,
      recordsCpuRatio: records.cpuMicroseconds / nothing.cpuMicroseconds,
      tracesCpuRatio: traces.cpuMicroseconds / nothing.cpuMicroseconds,
    },
  }));
}

/** Accepts everything. It runs in the process of the bench, whose CPU time is not counted. */
async function startCollector(): Promise<{ readonly url: string; close(): void }> {
  const server: HttpServer = createServer((request, response) => {
    request.resume().on("end", () => response.end("{}"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
