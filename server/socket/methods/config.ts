/** `config.get`, `config.schema`, `config.set`, `config.patch` and `config.apply`. */
import type {
  configApply,
  configGet,
  configPatch,
  configSchema,
  configSet,
} from "../../../contracts/socket/config.ts";
import type { ResultOf } from "../../../contracts/socket/method.ts";
import { hasPermission } from "../../../contracts/permissions.ts";
import { createRequestLimiter, type LocalRequestLimiter } from "../../auth/request-limiter.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { Clock, Log } from "../../lib/ports.ts";
import { toVisibleStatus, type FileStatus } from "../../transport/config-status.ts";
import type { Call, MethodHandler } from "../handler.ts";

/** The configuration file, for callers. */
export interface ConfigFile {
  read(): {
    readonly path: string;
    readonly hash: string;
    readonly raw: string;
    readonly origins: readonly {
      readonly path: string;
      readonly line: number;
      readonly file?: string;
      readonly variables: readonly string[];
    }[];
    readonly warnings: readonly string[];
  };
  replace(raw: string, options: ChangeOptions & { readonly isForced: boolean }): Promise<Change>;
  patch(raw: string, options: ChangeOptions & { readonly replacePaths: readonly string[] }): Promise<Change>;
}

interface ChangeOptions {
  readonly baseHash: string | undefined;
  readonly isDryRun: boolean;
}

interface Change {
  readonly hash: string;
  readonly changed: readonly string[];
  readonly applied: boolean;
  readonly restartRequired: readonly string[];
}

interface ConfigMethods {
  readonly "config.get": MethodHandler<typeof configGet>;
  readonly "config.schema": MethodHandler<typeof configSchema>;
  readonly "config.set": MethodHandler<typeof configSet>;
  readonly "config.patch": MethodHandler<typeof configPatch>;
  readonly "config.apply": MethodHandler<typeof configApply>;
}

interface ConfigMethodDeps {
  /** Returns the active configuration without its secrets. */
  readonly getRedactedConfig: () => Readonly<Record<string, unknown>>;
  readonly getConfigStatus: () => FileStatus;
  readonly getConfigSchema: () => Readonly<Record<string, unknown>>;
  /** Undefined for a gateway whose configuration is no file. */
  readonly configFile: ConfigFile | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the calls that change the file have in common. */
type ChangeCall = Pick<Call<typeof configSet>, "caller" | "requestId"> & {
  readonly params: Pick<Call<typeof configSet>["params"], "baseHash" | "dryRun">;
};

const changesPerMinute = 30;

export function createConfigMethods(deps: ConfigMethodDeps): ConfigMethods {
  const { configFile, clock, log } = deps;
  const limiters = new Map<string, LocalRequestLimiter>();

  const write = async (
    { caller, requestId, params: { dryRun: isDryRun = false } }: ChangeCall,
    change: (file: ConfigFile) => Promise<Change>,
  ): Promise<ResultOf<typeof configSet>> => {
    const { name } = caller.credential;
    const limiter =
      limiters.get(name) ?? createRequestLimiter(changesPerMinute, clock, "changes of the configuration");
    limiters.set(name, limiter);
    limiter.count();
    if (configFile === undefined)
      throw new GatewayError("config_not_writable", "This gateway has no configuration file.");
    const { hash, changed, applied, restartRequired } = await change(configFile);
    if (!isDryRun)
      log.info("configuration written", { requestId, credential: name, changed: changed.join(", ") });
    return { ok: true, hash, changed: [...changed], applied, restartRequired: [...restartRequired] };
  };

  return {
    "config.get"({ caller }) {
      const { applied, problems = [] } = toVisibleStatus(deps.getConfigStatus(), caller.scopes);
      const { hash = "", path, raw, origins = [], warnings = [] } = configFile?.read() ?? {};
      return {
        valid: applied,
        config: deps.getRedactedConfig(),
        hash,
        issues: problems.map((problem) => `${problem.path}: ${problem.message}`),
        ...(hasPermission(caller.scopes, "config") && {
          path,
          raw,
          origins: origins.map((origin) => ({ ...origin, variables: [...origin.variables] })),
          warnings: [...warnings],
        }),
      };
    },
    "config.schema": () => ({ schema: deps.getConfigSchema() }),
    "config.set": (call) =>
      write(call, (file) =>
        file.replace(call.params.raw, { ...toChangeOptions(call.params), isForced: false }),
      ),
    "config.patch": (call) =>
      write(call, (file) =>
        file.patch(call.params.raw, {
          ...toChangeOptions(call.params),
          replacePaths: call.params.replacePaths ?? [],
        }),
      ),
    "config.apply": (call) =>
      write(call, (file) =>
        file.replace(call.params.raw, { ...toChangeOptions(call.params), isForced: true }),
      ),
  };
}

const toChangeOptions = ({ baseHash, dryRun = false }: ChangeCall["params"]): ChangeOptions => ({
  baseHash,
  isDryRun: dryRun,
});
