/** The metrics of `GET /metrics`. docs/metrics.md is generated from this table, and `server/telemetry/` records by it. */

export interface MetricDeclaration {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /**
   * The rule that merges the values of several workers. Default: `sum`. Counters and histograms are always added up. `max` and `min`
   * are for gauges that all workers measure alike, such as the size of the store, and for gauges that do not add up, such as delays.
   */
  readonly ofWorkers?: "sum" | "max" | "min";
  /** Upper bounds of a histogram, ascending. */
  readonly buckets?: readonly number[];
}

/** Series of one metric. The values of further label sets are dropped and counted. */
export const maxSeriesPerMetric = 1_000;

const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600] as const;
const callSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600] as const;
const tokenCounts = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576] as const;
const firstTokenSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60] as const;

const model = ["agent", "provider", "model"] as const;

export const metrics = {
  openclaw_gateway_build_info: {
    type: "gauge",
    help: "Always 1. The labels are the versions of the gateway and of Node.",
    ofWorkers: "max",
    labels: ["version", "node_version"],
  },
  openclaw_gateway_node_info: {
    type: "gauge",
    help: "Always 1. The labels are the name of this node, as in the log, and its id, which is new with each start.",
    ofWorkers: "max",
    labels: ["node", "node_id"],
  },
  openclaw_nodes: {
    type: "gauge",
    help: "Nodes that share the store and are alive, this one included. Always 1 with SQLite.",
    ofWorkers: "max",
    labels: [],
  },
  openclaw_gateway_workers: {
    type: "gauge",
    help: "Workers of this gateway that are alive. Always 1 without `gateway.workers`.",
    labels: [],
  },
  openclaw_gateway_worker_exits_total: {
    type: "counter",
    help: "Workers that ended and were replaced. Absent with one worker.",
    labels: [],
  },
  openclaw_gateway_start_time_seconds: {
    type: "gauge",
    help: "When the gateway started: Unix time.",
    ofWorkers: "min",
    labels: [],
  },
  openclaw_http_requests_total: {
    type: "counter",
    help: "HTTP requests that have ended. `route` is the template of the path, or `unmatched`. `status_class` is `2xx` and so on, or `none` when the caller left before the response.",
    labels: ["route", "method", "status_class"],
  },
  openclaw_http_request_duration_seconds: {
    type: "histogram",
    help: "Time from the headers of a request to the end of its response, streams included.",
    labels: ["route", "method"],
    buckets: requestSeconds,
  },
  openclaw_gateway_rpc_requests_total: {
    type: "counter",
    help: "Calls of socket methods that have ended. `outcome` is `ok` or the error code.",
    labels: ["method", "outcome"],
  },
  openclaw_gateway_rpc_handler_seconds: {
    type: "histogram",
    help: "Time from a call of a socket method to its last result.",
    labels: ["method"],
    buckets: requestSeconds,
  },
  openclaw_socket_connections: {
    type: "gauge",
    help: "Open WebSocket connections: `gateway` is the gateway protocol, `responses` OpenAI's mode on /v1/responses.",
    labels: ["protocol"],
  },
  openclaw_run_completed_total: {
    type: "counter",
    help: "Runs that have ended. `model` is the primary model. `outcome` is `completed`, `aborted` or the error code.",
    labels: [...model, "outcome"],
  },
  openclaw_run_duration_seconds: {
    type: "histogram",
    help: "Time from the request of a run to its end, waiting included.",
    labels: [...model, "outcome"],
    buckets: callSeconds,
  },
  openclaw_run_steps: {
    type: "histogram",
    help: "Model calls of a run.",
    labels: ["agent"],
    buckets: [1, 2, 3, 5, 8, 13, 21, 34, 55],
  },
  openclaw_runs_active: {
    type: "gauge",
    help: "Runs that have not ended, waiting ones included.",
    labels: [],
  },
  openclaw_session_turn_created_total: {
    type: "counter",
    help: "Runs in a stored session.",
    labels: ["agent"],
  },
  openclaw_sessions: {
    type: "gauge",
    help: "Stored sessions. Counted at most once a minute.",
    ofWorkers: "max",
    labels: [],
  },
  openclaw_queue_lane_size: {
    type: "gauge",
    help: "Requests that wait: for their session (`session`) or for a run slot (`runs`).",
    labels: ["lane"],
  },
  openclaw_queue_lane_active: {
    type: "gauge",
    help: "Locks of sessions and run slots that are taken.",
    labels: ["lane"],
  },
  openclaw_queue_wait_seconds: {
    type: "histogram",
    help: "Time that an admitted run waited for its session and its run slot.",
    labels: [],
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600],
  },
  openclaw_model_call_total: {
    type: "counter",
    help: "Model calls that have ended, retries included. `outcome` is `ok`, `error` or `aborted`; `error_category` is the error code or empty.",
    labels: [...model, "outcome", "error_category"],
  },
  openclaw_model_call_duration_seconds: {
    type: "histogram",
    help: "Time of a model call.",
    labels: ["provider", "model", "outcome"],
    buckets: callSeconds,
  },
  openclaw_model_call_time_to_first_token_seconds: {
    type: "histogram",
    help: "Time from a model call to the first event of its answer.",
    labels: ["provider", "model"],
    buckets: firstTokenSeconds,
  },
  openclaw_model_failover_total: {
    type: "counter",
    help: "Fallbacks to the next model of an agent. `reason` is the error code.",
    labels: ["from_provider", "from_model", "to_provider", "to_model", "reason"],
  },
  openclaw_model_tokens_total: {
    type: "counter",
    help: "Tokens as providers report them. `token_type` is `input` (without cached ones), `cache_read`, `cache_write`, `output` (without reasoning) or `reasoning`.",
    labels: [...model, "token_type"],
  },
  openclaw_model_cost_usd_total: {
    type: "counter",
    help: "Cost of model calls in US dollars, by the prices of the configuration. Calls without a price are missing.",
    labels: model,
  },
  openclaw_usage_rows_dropped_total: {
    type: "counter",
    help: "Rows of usage that were dropped because the store failed for too long.",
    labels: [],
  },
  openclaw_gen_ai_client_token_usage: {
    type: "histogram",
    help: "Tokens of a model call: all `input`, cached ones included, and all `output`, reasoning included.",
    labels: ["provider", "model", "token_type"],
    buckets: tokenCounts,
  },
  openclaw_provider_cooldown_seconds: {
    type: "gauge",
    help: "Time until a provider that failed is asked first again; 0 while it is not put aside.",
    ofWorkers: "max",
    labels: ["provider"],
  },
  openclaw_tool_execution_total: {
    type: "counter",
    help: "Tool calls that have ended, by runs and by callers. `outcome` is `ok`, `error` or `rejected`. `tool` is `unknown` for a name that does not exist.",
    labels: ["tool", "outcome"],
  },
  openclaw_tool_execution_duration_seconds: {
    type: "histogram",
    help: "Time of a tool call.",
    labels: ["tool", "outcome"],
    buckets: requestSeconds,
  },
  openclaw_tool_execution_blocked_total: {
    type: "counter",
    help: "Tool calls that the policy denied.",
    labels: ["tool", "denied_reason"],
  },
  openclaw_credential_failures_total: {
    type: "counter",
    help: "Rejected credentials. `locked_out` is `true` while the address has too many.",
    labels: ["locked_out"],
  },
  openclaw_webhook_attempts_total: {
    type: "counter",
    help: "Attempts to deliver an event to one of `gateway.webhooks`. `outcome` is `delivered`, `failed` when it is sent again, `given_up` after 24 hours, or `gone` when the receiver has answered 410.",
    labels: ["outcome"],
  },
  openclaw_webhook_queue_size: {
    type: "gauge",
    help: "Events for `gateway.webhooks` that are not delivered yet, one for each receiver.",
    ofWorkers: "max",
    labels: [],
  },
  openclaw_store_commit_seconds: {
    type: "histogram",
    help: "Time from the first statement of a group of operations until they are durable.",
    labels: [],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  },
  openclaw_store_commit_operations: {
    type: "histogram",
    help: "Operations that one sync made durable.",
    labels: [],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  },
  openclaw_store_bytes: {
    type: "gauge",
    help: "Size of the store: its `database` file and its write-ahead `log`.",
    ofWorkers: "max",
    labels: ["file"],
  },
  openclaw_gateway_event_loop_delay_seconds: {
    type: "gauge",
    help: "Delay of the event loop since the scrape before: the percentiles 50 and 99.",
    ofWorkers: "max",
    labels: ["percentile"],
  },
  openclaw_gateway_event_loop_delay_max_seconds: {
    type: "gauge",
    help: "Largest delay of the event loop since the scrape before.",
    ofWorkers: "max",
    labels: [],
  },
  openclaw_gc_duration_seconds: {
    type: "histogram",
    help: "Pauses of V8's garbage collector.",
    labels: ["kind"],
    buckets: [0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5],
  },
  openclaw_memory_bytes: {
    type: "gauge",
    help: "Memory of the process: `rss`, `heap_total`, `heap_used`, `external` and `array_buffers`.",
    labels: ["kind"],
  },
  openclaw_process_cpu_seconds_total: {
    type: "counter",
    help: "CPU time of the process, user and system.",
    labels: [],
  },
  openclaw_telemetry_exporter_total: {
    type: "counter",
    help: "Spans by what became of them: `exported`, `failed` when the collector could not be reached for long, `rejected` by it.",
    labels: ["exporter", "signal", "status"],
  },
  openclaw_prometheus_series_dropped_total: {
    type: "counter",
    help: `Values that were dropped because their metric has ${maxSeriesPerMetric} series already.`,
    labels: ["metric"],
  },
} as const satisfies Readonly<Record<string, MetricDeclaration>>;

export type MetricName = keyof typeof metrics;
