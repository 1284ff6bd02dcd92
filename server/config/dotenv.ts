/** `.env` of the state folder: variables for the gateway that its service or its shell does not set. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describeErrorCode } from "./read-file.ts";

/** Returns the variables of the file. Without the file there are none; `fail` gets the reason why it cannot be read. */
export function readDotenv(
  stateDir: string,
  fail: (message: string) => void,
): Readonly<Record<string, string | undefined>> {
  const file = join(stateDir, ".env");
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = describeErrorCode(error);
    if (reason !== "no such file" && reason !== "ENOTDIR") fail(`${file} cannot be read: ${reason}`);
    return {};
  }
}
