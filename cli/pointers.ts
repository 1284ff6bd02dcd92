/** Commands of OpenClaw that this gateway does not have, and what to use instead. */

const notHere = (what: string): string => `not part of this gateway: it has no ${what}`;
const inFile = (key: string): string =>
  `set it in the configuration with \`openclaw config set ${key} VALUE\`; a running gateway applies the change`;
const asService =
  "use the service manager of the system, for instance `systemctl --user restart openclaw-gateway` after `openclaw gateway install`; `openclaw gateway` runs in the foreground";

/** By one word or two. The entry of one word is for all its subcommands. */
const pointers: Readonly<Record<string, string>> = {
  configure: "`openclaw init` writes a first configuration, `openclaw config set` changes it",
  terminal: "`openclaw chat` talks with an agent of the running gateway",
  resume: "`openclaw chat -c` continues the last conversation",
  update:
    "use the package manager that installed it, for instance `npm install --global openclaw-gateway@latest`",
  uninstall:
    "use the package manager that installed it; the state folder, ~/.openclaw, remains until you delete it",
  reset: "`openclaw sessions reset KEY` resets a conversation; nothing else is reset by a command",
  backup: "`openclaw sessions backup` copies the store; back up the configuration and .env as files",
  migrate: "`openclaw import` takes over the home folder of OpenClaw",
  docs: "the documentation is at /docs of the gateway",
  daemon: asService,
  "gateway start": asService,
  "gateway stop": asService,
  "gateway restart": asService,
  "gateway uninstall":
    "run `systemctl --user disable --now openclaw-gateway` and remove the unit that `openclaw gateway install` has written",
  "gateway probe": "`openclaw health` checks the gateway in OPENCLAW_GATEWAY_URL, or this machine's",
  "gateway discover": notHere("discovery by Bonjour; set OPENCLAW_GATEWAY_URL"),
  "gateway usage-cost": "`openclaw usage` shows calls, tokens and cost",
  "gateway stability": "`openclaw status` and `openclaw logs` show what the gateway does",
  "gateway diagnostics":
    "`openclaw doctor --json`, `openclaw status --json` and `openclaw logs` show what a report needs",
  "gateway suspend": notHere("suspension; stop the gateway with SIGTERM, which waits for running requests"),
  "gateway resume": notHere("suspension"),
  "agents add": inFile("agents.list"),
  "agents delete": inFile("agents.list"),
  "agents set-identity": inFile("agents.list"),
  "agents bind": notHere("channels to bind agents to"),
  "agents unbind": notHere("channels to bind agents to"),
  "agents bindings": notHere("channels to bind agents to"),
  "agents team": notHere("teams of agents"),
  "models set": inFile("agents.defaults.model"),
  "models aliases": inFile("agents.defaults.models"),
  "models fallbacks": inFile("agents.defaults.model.fallbacks"),
  "models auth":
    "put the key into `.env` of the state folder, for instance OPENAI_API_KEY=…; `openclaw models status` shows where each key comes from",
  "models accounts": notHere("accounts of providers; it uses keys"),
  "models set-image": notHere("image model; images go to the model of the agent"),
  "models image-fallbacks": notHere("image model; images go to the model of the agent"),
  "models scan": "list the models at the provider; any model of a configured provider may be set",
  "models refresh": "the models are those of the configuration; there is no catalog to refresh",
  "sessions archive":
    "`openclaw sessions export KEY` prints a conversation, `openclaw sessions delete KEY` deletes it",
  "sessions cleanup": "the gateway cleans up by itself, as session.maintenance of the configuration says",
  "sessions compact": '`openclaw call sessions.compact --params \'{"key": "KEY"}\'`',
  "sessions tail":
    "`openclaw sessions show KEY`, or GET /sessions/{key}/history with `Accept: text/event-stream`",
  "sessions export-trajectory": "`openclaw sessions export KEY` prints a conversation as JSONL",
  secrets:
    "secrets are variables of the environment or of `.env` in the state folder; `openclaw security audit` checks where they are",
  mcp: "MCP servers are in tools.mcpServers of the configuration; `openclaw tools list` lists what the agents may use",
  sandbox: "tools.exec.sandbox of the configuration runs commands in Bubblewrap",
  "exec-policy": "`openclaw tools explain exec` shows what the configuration allows",
  "exec-approvals": notHere("approvals of commands; `openclaw tools explain exec` shows what is allowed"),
  approvals: notHere("approvals of commands; `openclaw tools explain exec` shows what is allowed"),
  system: "`openclaw status` and `openclaw health` show the state of the gateway",
  infer: "`openclaw agent` asks an agent, `openclaw models test` a model",
  capability: "`openclaw agent` asks an agent, `openclaw models test` a model",
  cron: notHere("scheduler; use the system's, for instance a crontab with `openclaw agent`"),
  automations: notHere("scheduler; use the system's, for instance a crontab with `openclaw agent`"),
  telemetry: notHere("telemetry: it sends nothing to its makers"),
  promos: notHere("offers"),
  channels: notHere("chat channels"),
  message: notHere("chat channels"),
  directory: notHere("chat channels"),
  pairing: notHere("chat channels"),
  clawbot: notHere("chat channels"),
  googlemeet: notHere("meetings"),
  teamsmeetings: notHere("meetings"),
  zoommeetings: notHere("meetings"),
  transcripts: notHere("transcripts of meetings; `openclaw sessions show KEY` shows a conversation"),
  connect: notHere("devices or nodes"),
  devices: notHere("devices or nodes; `openclaw keys create NAME` creates a credential for another machine"),
  node: notHere("devices or nodes"),
  nodes: notHere("devices or nodes"),
  qr: notHere("devices or nodes; `openclaw keys create NAME` creates a credential for another machine"),
  users: "`openclaw keys create NAME` creates a credential for a person",
  hooks: notHere(
    "code that runs on its events; with hooks.enabled in the configuration, other programs start runs with POST /hooks/agent",
  ),
  plugins: notHere("plugins; MCP servers bring tools"),
  skills: notHere("skills; instructions and files of the workspace tell agents what to do"),
  memory: notHere("memory index; agents read the files of their workspace"),
  browser: notHere("browser; an MCP server can bring one"),
  webhooks: inFile("gateway.webhooks"),
  acp: notHere("ACP bridge; programs use OpenAI's APIs or the gateway's socket"),
  attach: notHere("bridge for Claude Code"),
  dns: notHere("discovery; see the document on remote access"),
  proxy: notHere("debug proxy; `openclaw logs -f` shows the requests"),
  fleet: notHere("fleet of gateways"),
  worker: notHere("cloud workers"),
  worktrees: notHere("worktrees"),
  tasks: notHere("tasks; a background response of /v1/responses runs without a caller"),
  database: "`openclaw store compact` and `openclaw sessions backup` care for the store",
  triage: "`openclaw doctor` finds what is wrong",
  "file-transfer": notHere("file transfers"),
};

/** Returns what to say about a command of OpenClaw. Undefined for a command that it does not have either. */
export function findPointer(first: string, second: string | undefined): string | undefined {
  const name =
    second !== undefined && Object.hasOwn(pointers, `${first} ${second}`) ? `${first} ${second}` : first;
  const text = Object.hasOwn(pointers, name) ? pointers[name] : undefined;
  return text === undefined ? undefined : `openclaw ${name}: ${text}.`;
}
