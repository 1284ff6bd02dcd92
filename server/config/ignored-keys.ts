/** OpenClaw's keys that mean nothing here: dropped, with one warning that lists them. `*` is any one part. */

const anywhere = [
  "acp audio auth bindings broadcast browser canvas canvasHost channels cli commands cron diagnostics",
  "discovery env hooks mcp media memory messages meta nodeHost nodes plugins secrets skills talk ui",
  "update web wizard",
];

const gateway = [
  "allowRealIpFallback auth.allowTailscale auth.rateLimit.exemptLoopback auth.trustedProxy",
  "channelHealthCheckMinutes channelMaxRestartsPerHour channelStaleEventThresholdMinutes controlUi",
  "http.controlUi http.metrics http.securityHeaders",
  "nodes push reload remote tailscale tls.autoGenerate webchat",
];

/** Of `agents.defaults` and of every agent. */
const agent = [
  "agentDir blockStreamingBreak blockStreamingChunk blockStreamingCoalesce blockStreamingDefault",
  "bootstrapMaxChars bootstrapTotalMaxChars cliBackends compaction contextPruning contextTokens",
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

/** Of `tools` and of every agent's `tools`. */
const tools = [
  "agentToAgent codeMode elevated experimental links loopDetection media message sessions_spawn web.search",
  "exec.applyPatch exec.ask exec.cleanupMs exec.host exec.mode exec.node exec.notifyOnExit exec.safeBins",
  "exec.security exec.strictInlineEval exec.timeoutSec web.fetch.cacheTtlMinutes web.fetch.enabled",
  "web.fetch.firecrawl web.fetch.readability web.fetch.userAgent",
];

/** What stands under `tools` for all agents, and would be another rule for one. */
const toolsOfAgent = ["exec fs sessions web"];

const session = [
  "agentToAgent dmScope idleMinutes identityLinks mainKey maintenance.highWaterBytes",
  "maintenance.maxDiskBytes maintenance.pruneDays maintenance.resetArchiveRetention",
  "maintenance.rotateBytes parentForkMaxTokens resetByChannel resetByType resetTriggers scope sendPolicy",
  "store threadBindings typingIntervalSeconds typingMode writeLock",
];

const logging = ["consoleLevel consoleStyle file maxFileBytes redactPatterns redactSensitive"];

export const ignoredKeys: readonly string[] = [
  ...under("", anywhere),
  ...under("gateway.", gateway),
  ...under("agents.defaults.", agent),
  ...under("agents.list.*.", agent),
  ...under("agents.entries.*.", agent),
  ...under("models.", models),
  ...under("tools.", tools),
  ...["agents.list.*.tools.", "agents.entries.*.tools."].flatMap((place) => [
    ...under(place, tools),
    ...under(place, toolsOfAgent),
  ]),
  ...under("session.", session),
  ...under("logging.", logging),
];

function under(prefix: string, lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(" ").map((key) => prefix + key));
}
