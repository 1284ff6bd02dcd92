/** OpenClaw's keys that have no effect here. They are dropped with one warning. `*` matches one path segment. */

const topLevel = [
  "acp audio auth bindings broadcast browser canvas canvasHost channels cli commands cron diagnostics",
  "discovery env hooks mcp media memory messages meta nodeHost nodes plugins secrets skills talk ui",
  "update web wizard",
];

const gateway = [
  "allowRealIpFallback auth.allowTailscale auth.rateLimit.exemptLoopback auth.trustedProxy",
  "channelHealthCheckMinutes channelMaxRestartsPerHour channelStaleEventThresholdMinutes controlUi",
  "http.controlUi http.metrics http.securityHeaders",
  "nodes push reload.debounceMs reload.deferralTimeoutMs remote tailscale tls.autoGenerate webchat",
];

/** Keys of `agents.defaults` and of every agent. */
const agent = [
  "agentDir blockStreamingBreak blockStreamingChunk blockStreamingCoalesce blockStreamingDefault",
  "bootstrapMaxChars bootstrapTotalMaxChars cliBackends compaction contextPruning",
  "elevatedDefault envelopeElapsed envelopeTimestamp envelopeTimezone fastModeDefault",
  "groupChat heartbeat humanDelay identity imageGenerationModel imageMaxDimensionPx imageModel",
  "maxConcurrent mediaMaxMb memorySearch models.*.params models.*.streaming params pdfMaxBytesMb",
  "pdfMaxPages pdfModel reasoningDefault repoRoot runtime sandbox skills skipBootstrap subagents",
  "timeFormat typingIntervalSeconds typingMode userTimezone verboseDefault videoGenerationModel",
];

const models = [
  "bedrockDiscovery mode providers.*.auth providers.*.authHeader providers.*.injectNumCtxForOpenAICompat",
  "providers.*.models.*.compat providers.*.models.*.contextTokens",
  "providers.*.models.*.cost providers.*.models.*.headers providers.*.models.*.input",
  "providers.*.models.*.params providers.*.models.*.reasoning",
];

/** Keys of `tools` and of every agent's `tools`. */
const tools = [
  "agentToAgent codeMode elevated experimental links loopDetection media message sessions_spawn web.search",
  "exec.applyPatch exec.ask exec.cleanupMs exec.host exec.mode exec.node exec.notifyOnExit exec.safeBins",
  "exec.security exec.strictInlineEval exec.timeoutSec web.fetch.cacheTtlMinutes web.fetch.enabled",
  "web.fetch.firecrawl web.fetch.readability web.fetch.userAgent",
];

/** Keys that this gateway has under `tools` only, not under one agent's `tools`. */
const agentTools = ["exec fs sessions web"];

const session = [
  "agentToAgent dmScope idleMinutes identityLinks mainKey maintenance.highWaterBytes",
  "maintenance.maxDiskBytes maintenance.pruneDays maintenance.resetArchiveRetention",
  "maintenance.rotateBytes parentForkMaxTokens resetByChannel resetByType resetTriggers scope sendPolicy",
  "store threadBindings typingIntervalSeconds typingMode writeLock",
];

const logging = ["consoleLevel consoleStyle file maxFileBytes redactPatterns redactSensitive"];

export const ignoredOpenClawKeys: readonly string[] = [
  ...addPrefix("", topLevel),
  ...addPrefix("gateway.", gateway),
  ...addPrefix("agents.defaults.", agent),
  ...addPrefix("agents.list.*.", agent),
  ...addPrefix("agents.entries.*.", agent),
  ...addPrefix("models.", models),
  ...addPrefix("tools.", tools),
  ...["agents.list.*.tools.", "agents.entries.*.tools."].flatMap((prefix) => [
    ...addPrefix(prefix, tools),
    ...addPrefix(prefix, agentTools),
  ]),
  ...addPrefix("session.", session),
  ...addPrefix("logging.", logging),
];

function addPrefix(prefix: string, lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(" ").map((key) => prefix + key));
}
