/** The state of the configuration file, as one caller may see it. */
import type { z } from "zod";
import type { ConfigStatus } from "../../contracts/config-status.ts";
import { hasPermission, type Scope } from "../../contracts/permissions.ts";

export type FileStatus = Required<Pick<z.input<typeof ConfigStatus>, "problems">> &
  z.input<typeof ConfigStatus>;

/** Problems quote the file, so only administrators see them. */
export function toVisibleStatus(
  { problems, ...status }: FileStatus,
  scopes: readonly Scope[],
): z.input<typeof ConfigStatus> {
  return hasPermission(scopes, "admin") ? { ...status, problems } : status;
}

/** What the source of a configuration knows about its file. */
interface SourceStatus {
  readonly issues: readonly { readonly path: string; readonly message: string }[];
  readonly restartRequired: readonly string[];
  readonly copySavedAt?: string | undefined;
}

/** Undefined for a configuration without a file. */
export function toFileStatus(status: SourceStatus | undefined): FileStatus {
  if (status === undefined) return { applied: true, restartRequired: [], problems: [] };
  const { issues, restartRequired, copySavedAt } = status;
  return {
    applied: issues.length === 0,
    ...(copySavedAt !== undefined && { lastGoodCopyAt: copySavedAt }),
    restartRequired: [...restartRequired],
    problems: issues.map((issue) => ({ ...issue })),
  };
}
