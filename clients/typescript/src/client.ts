/** The client: typed calls of every endpoint of the gateway. */
import type { ApiPromise, WithRequestId } from "./api-promise.ts";
import type { CallOptions } from "./call-options.ts";
import { bindChatCompletions, type Chat } from "./chat.ts";
import type { ClientOptions } from "./client-options.ts";
import { bindConversations, type Conversations } from "./conversations.ts";
import { bindEmbeddings, type Embeddings } from "./embeddings.ts";
import { bindFiles, type Files } from "./files.ts";
import { bindMessages, type Messages } from "./messages.ts";
import { bindModels, type Models } from "./models.ts";
import { bindResponses, type Responses } from "./responses.ts";
import type { AuditPage, AuditVerification, Health, Readiness, UsageReport } from "./schemas.ts";
import { bindSessions, type Sessions } from "./sessions.ts";
import { connectSocket, type ConnectOptions, type GatewaySocket } from "./socket/gateway-socket.ts";
import { bindTools, type Tools } from "./tools.ts";
import { createTransport } from "./transport.ts";

export interface UsageOptions extends CallOptions {
  /** First day in UTC, such as `2026-01-31`. Default: 29 days before the last. */
  readonly from?: string | undefined;
  /** Last day in UTC. Default: today. */
  readonly to?: string | undefined;
  /** `day`, `agent`, `model`, `credential`, `node`, separated by commas. Default: the first four. */
  readonly groupBy?: string | undefined;
  /** Only the calls of the agent with this id. */
  readonly agent?: string | undefined;
  /** Only the calls of this credential. */
  readonly credential?: string | undefined;
}

export interface AuditOptions extends CallOptions {
  /** Only entries after this number: `nextAfter` of the page before. */
  readonly after?: number | undefined;
  /** Entries of the page, 1–1000. Default: 100. */
  readonly limit?: number | undefined;
  /** First day in UTC, such as `2026-01-31`. */
  readonly from?: string | undefined;
  /** Last day in UTC. */
  readonly to?: string | undefined;
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
}

export interface AuditLog {
  /**
   * Read the audit log.
   *
   * Who did what to what, when, from where, and how it ended: rejected credentials, administration, changes
   * of sessions, tools and exceeded budgets. Entries are kept for `audit.retention`.
   *
   * Needs the scope `operator.admin`.
   * @see GET /audit
   */
  list(options?: AuditOptions): ApiPromise<AuditPage & WithRequestId>;
  /**
   * Verify the audit log.
   *
   * Computes the hash of every entry again. An entry that was changed, removed or inserted breaks the chain.
   * Note `lastSeq` and `lastHash` elsewhere: only with them a chain that was rewritten as a whole is noticed.
   *
   * Needs the scope `operator.admin`.
   * @see GET /audit/verify
   */
  verify(options?: CallOptions): ApiPromise<AuditVerification & WithRequestId>;
}

/** Every call rejects with a `GatewayRequestError`, or with the reason of its aborted signal. */
export interface GatewayClient {
  readonly chat: Chat;
  readonly responses: Responses;
  /** Stored items that responses continue. */
  readonly conversations: Conversations;
  /** Stored files, which messages name by their ids. */
  readonly files: Files;
  /** Anthropic's API. */
  readonly messages: Messages;
  readonly embeddings: Embeddings;
  /** The agents, listed under the values of `model`. */
  readonly models: Models;
  /** Tools of the agents, invoked without a model. */
  readonly tools: Tools;
  /** Stored sessions. */
  readonly sessions: Sessions;
  /** Who did what. */
  readonly audit: AuditLog;
  /**
   * Read the usage.
   *
   * Sums of all model calls by day, agent, model, credential or node: calls, tokens, cost and times. The
   * gateway's own secret and keys with `operator.admin` see the calls of every credential, other keys their
   * own. A call that has ended is in the next report. Calls that were running when the gateway process was
   * killed, and those of the half second before, are missing.
   *
   * Needs the scope `operator.read` or `run`.
   * @see GET /usage
   */
  usage(options?: UsageOptions): ApiPromise<UsageReport & WithRequestId>;
  /** Opens a WebSocket for calls, events and runs. It reconnects until it is closed. */
  connect(options?: ConnectOptions): Promise<GatewaySocket>;
  /**
   * Is the process alive?.
   *
   * Returns 200 while the process is alive. Restart the process when this fails.
   *
   * @remarks It is not retried.
   * @see GET /healthz
   */
  health(options?: CallOptions): ApiPromise<Health & WithRequestId>;
  /**
   * Does the gateway accept requests?.
   *
   * Send traffic while this is 200. It is 503 once the gateway begins to stop, while its memory has been full
   * for five seconds, and while its store cannot be written within two seconds. No credential is needed; one
   * with `operator.read` gets the reasons, the version, the node, the uptime, counts of runs and requests,
   * the state of the store, the event loop and the providers, and whether the configuration file is applied.
   *
   * @remarks `ready` is false while the gateway stops: that is a result, not an error. It is not retried.
   * @see GET /readyz
   */
  ready(options?: CallOptions): ApiPromise<Readiness & WithRequestId>;
}

export function createClient(options: ClientOptions = {}): GatewayClient {
  const transport = createTransport(options);
  const { read } = transport;
  return {
    chat: { completions: bindChatCompletions(transport) },
    responses: bindResponses(transport),
    conversations: bindConversations(transport),
    files: bindFiles(transport),
    messages: bindMessages(transport),
    embeddings: bindEmbeddings(transport),
    models: bindModels(transport),
    tools: bindTools(transport),
    sessions: bindSessions(transport),
    audit: {
      list: ({ after, limit, from, to, action, actor, ...options } = {}) =>
        read("get", "/audit", { query: { after, limit, from, to, action, actor } }, options),
      verify: (options = {}) => read("get", "/audit/verify", {}, options),
    },
    usage: ({ from, to, groupBy, agent, credential, ...options } = {}) =>
      read("get", "/usage", { query: { from, to, groupBy, agent, credential } }, options),
    connect: (options = {}) => connectSocket(transport.options, options),
    health: (options = {}) => read("get", "/healthz", {}, { ...options, maxRetries: 0 }),
    ready: (options = {}) => read("get", "/readyz", { isReply: isReadiness }, { ...options, maxRetries: 0 }),
  };
}

function isReadiness(value: unknown): boolean {
  return typeof (value as Partial<Readiness> | null | undefined)?.ready === "boolean";
}
