/** Reports every failure of the database as `storage_unavailable`. */
import { GatewayError } from "../../lib/errors.ts";

export async function withStorageErrors<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError("storage_unavailable", "The session store cannot be read or written now.", {
      cause,
      retryAfterSeconds: 5,
    });
  }
}
