/** OpenTelemetry's variables and OpenClaw's keys as settings of `diagnostics.otel`. */
import { expect, test } from "vitest";
import { reveal } from "../../contracts/config/secret.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const load = (env: NodeJS.ProcessEnv, otel: object = {}) =>
  createConfigFile({ diagnostics: { otel } }).load({ env });

test("traces are off without a setting and without a variable", () => {
  expect(createConfigFile({}).load().config.diagnostics.otel).toMatchObject({
    enabled: false,
    endpoint: "http://localhost:4318",
    sampleRate: 1,
    captureContent: false,
    propagateToProviders: false,
  });
});

test("the standard variables turn traces on and set them up", () => {
  const { config, warnings } = load({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc, x-tenant = one",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=other,deployment.environment.name=test",
    OTEL_SERVICE_NAME: "gateway",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    OTEL_BSP_SCHEDULE_DELAY: "1000",
  });
  const { headers, ...otel } = config.diagnostics.otel;
  expect(otel).toMatchObject({
    enabled: true,
    endpoint: "http://collector:4318",
    serviceName: "gateway",
    resourceAttributes: { "service.name": "other", "deployment.environment.name": "test" },
    sampler: "parentbased_traceidratio",
    sampleRate: 0.25,
    flushIntervalMs: 1_000,
  });
  expect(Object.entries(headers).map(([name, value]) => [name, reveal(value)])).toEqual([
    ["authorization", "Bearer abc"],
    ["x-tenant", "one"],
  ]);
  expect(warnings).toEqual([]);
});

test("the file goes before the variables, and OTEL_SDK_DISABLED before both", () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://a:4318",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://b:4318/v1/traces",
  };
  expect(load(env).config.diagnostics.otel).toMatchObject({ tracesEndpoint: "http://b:4318/v1/traces" });
  const { otel } = load(env, { enabled: true, endpoint: "http://c:4318" }).config.diagnostics;
  expect([otel.endpoint, otel.tracesEndpoint]).toEqual(["http://c:4318", undefined]);
  expect(load(env, { enabled: false }).config.diagnostics.otel.enabled).toBe(false);
  expect(load({ ...env, OTEL_TRACES_EXPORTER: "none" }).config.diagnostics.otel.enabled).toBe(false);
  const disabled = load({ ...env, OTEL_SDK_DISABLED: "true" }, { enabled: true });
  expect(disabled.config.diagnostics.otel.enabled).toBe(false);
});

test("what is not supported is a warning, what is wrong an error", () => {
  const { warnings } = load({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_TRACES_EXPORTER: "zipkin" });
  expect(warnings).toEqual([
    expect.stringContaining('OTEL_TRACES_EXPORTER is "zipkin"; only otlp and none are supported'),
    expect.stringContaining('OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"'),
  ]);
  expect(createConfigFile({}).readIssues({ env: { OTEL_TRACES_SAMPLER_ARG: "often" } })).toEqual([
    expect.stringContaining("diagnostics.otel.sampleRate"),
  ]);
});
