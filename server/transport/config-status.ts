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
